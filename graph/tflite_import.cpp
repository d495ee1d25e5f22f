#include "graph/tflite_import.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/flat_file.hpp"
#include "graph/tflite_schema.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

/// Limits that no microcontroller's model comes near; they keep a hostile file from asking for gigabytes.
constexpr std::int64_t kMaxActivationElements = std::int64_t{1} << 26;
constexpr std::size_t kMaxCopiedBytes = std::size_t{1} << 28;
constexpr std::size_t kMaxNameLength = 256;

/// A reason why one operator cannot be imported.
struct Unsupported {
  std::string reason;
};

OpType op_type(int builtin_code) {
  switch (builtin_code) {
    case tflite::kAdd:
      return OpType::kAdd;
    case tflite::kAveragePool2D:
      return OpType::kAveragePool2D;
    case tflite::kConv2D:
      return OpType::kConv2D;
    case tflite::kDepthwiseConv2D:
      return OpType::kDepthwiseConv2D;
    case tflite::kDequantize:
      return OpType::kDequantize;
    case tflite::kFullyConnected:
      return OpType::kFullyConnected;
    case tflite::kMaxPool2D:
      return OpType::kMaxPool2D;
    case tflite::kMul:
      return OpType::kMul;
    case tflite::kReshape:
      return OpType::kReshape;
    case tflite::kSoftmax:
      return OpType::kSoftmax;
    case tflite::kPad:
      return OpType::kPad;
    case tflite::kTranspose:
      return OpType::kTranspose;
    case tflite::kMean:
      return OpType::kMean;
    case tflite::kResizeNearest:
      return OpType::kResizeNearest;
    case tflite::kQuantize:
      return OpType::kQuantize;
    default:
      throw Unsupported{"not implemented"};
  }
}

DataType data_type(int type) {
  switch (type) {
    case tflite::kFloat32:
      return DataType::kFloat32;
    case tflite::kInt32:
      return DataType::kInt32;
    case tflite::kInt8:
      return DataType::kInt8;
    default:
      throw Unsupported{"tensors of type " + tflite::type_name(type)};
  }
}

Activation activation(int code) {
  switch (code) {
    case tflite::kNone:
      return Activation::kNone;
    case tflite::kRelu:
      return Activation::kRelu;
    case tflite::kRelu6:
      return Activation::kRelu6;
    default:
      throw Unsupported{"fused activation " + std::to_string(code)};
  }
}

template <class T>
TensorData values_of(std::span<const std::uint8_t> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

class Importer {
 public:
  Importer(const FlatTable& root, const std::string& file) : file_(file) {
    const std::vector<FlatTable> subgraphs = root.tables(tflite::model::kSubgraphs);
    if (subgraphs.empty()) throw Error("corrupt: there is no subgraph");
    codes_ = root.tables(tflite::model::kOperatorCodes);
    buffers_ = root.tables(tflite::model::kBuffers);
    tensors_ = subgraphs[0].tables(tflite::subgraph::kTensors);
    operators_ = subgraphs[0].tables(tflite::subgraph::kOperators);
    graph_.inputs = subgraphs[0].int32s(tflite::subgraph::kInputs);
    graph_.outputs = subgraphs[0].int32s(tflite::subgraph::kOutputs);
    graph_.name = file.substr(file.find_last_of('/') + 1);
    graph_.tensors.assign(tensors_.size(), Tensor{.type = DataType::kInt32, .constant = true});
    used_.assign(tensors_.size(), false);
  }

  Result<Graph, UnsupportedOperators> run() {
    for (std::size_t i = 0; i < operators_.size(); ++i) import_operator(i);
    if (!unsupported_.items.empty() && issues_.empty()) return unsupported_;
    if (issues_.empty()) check_ends();
    if (issues_.empty()) check(validate(graph_));
    if (issues_.empty()) check(validate_int8(graph_));
    if (!issues_.empty()) throw ConfigError(issues_);
    return std::move(graph_);
  }

 private:
  void issue(const std::string& place, const std::string& rule) {
    issues_.push_back({.file = file_, .line = 0, .column = 0, .key = place, .value = "", .rule = rule});
  }

  void check(const std::vector<std::string>& problems) {
    for (const std::string& text : problems) issue(text.substr(0, text.find(": ")), text.substr(text.find(": ") + 2));
  }

  /// Inputs and outputs that no operator touched have not been converted yet.
  void check_ends() {
    if (graph_.inputs.size() != 1) {
      return issue("inputs", "must be one, there are " + std::to_string(graph_.inputs.size()));
    }
    try {
      for (int index : graph_.outputs) use(index);
      use(graph_.inputs[0]);
    } catch (const Unsupported& unsupported) {
      issue("inputs and outputs", unsupported.reason + " are not implemented");
    }
  }

  void import_operator(std::size_t index) {
    std::string name = "?";
    try {
      const int code = builtin_code(operators_[index], name);
      graph_.operators.push_back(convert(operators_[index], op_type(code)));
    } catch (const Unsupported& unsupported) {
      unsupported_.items.push_back({static_cast<int>(index), name, unsupported.reason});
    } catch (const Error& error) {
      issue("operator " + std::to_string(index) + " (" + name + ")", error.what());
    }
  }

  int builtin_code(const FlatTable& op, std::string& name) const {
    const std::uint32_t index = op.uint32(tflite::op::kOpcodeIndex, 0);
    if (index >= codes_.size()) throw Error("opcode index " + std::to_string(index) + " does not exist");
    const FlatTable& code = codes_[index];
    const int builtin = std::max<int>(code.int8(tflite::operator_code::kDeprecatedBuiltinCode, 0),
                                      code.int32(tflite::operator_code::kBuiltinCode, 0));
    name = tflite::operator_name(builtin);
    const std::string custom = code.text(tflite::operator_code::kCustomCode);
    if (!custom.empty()) name = custom.substr(0, kMaxNameLength);
    return builtin;
  }

  Operator convert(const FlatTable& source, OpType type) {
    Operator op{.type = type};
    const std::vector<std::int32_t> inputs = source.int32s(tflite::op::kInputs);
    op.outputs = source.int32s(tflite::op::kOutputs);
    if (inputs.empty() || op.outputs.size() != 1) throw Error("needs an input and one output");
    op.inputs = {use(inputs[0])};
    use(op.outputs[0]);
    op.name = graph_.tensor(op.outputs[0]).name;
    const std::optional<FlatTable> options = source.table(tflite::op::kBuiltinOptions);
    switch (type) {
      case OpType::kConv2D:
        import_conv(op, inputs, required(options));
        break;
      case OpType::kDepthwiseConv2D:
        import_depthwise(op, inputs, required(options));
        break;
      case OpType::kFullyConnected:
        import_fully_connected(op, inputs, required(options));
        break;
      case OpType::kAveragePool2D:
      case OpType::kMaxPool2D:
        import_pool(op, required(options));
        break;
      case OpType::kAdd:
      case OpType::kMul:
        op.inputs.push_back(use(input(inputs, 1)));
        if (options) op.activation = activation(options->int8(tflite::arithmetic_options::kActivation, 0));
        break;
      case OpType::kSoftmax:
        if (required(options).float32(tflite::softmax_options::kBeta, 0) != 1) throw Unsupported{"beta other than 1"};
        break;
      case OpType::kPad:
        import_pad(op, parameters(input(inputs, 1)));
        break;
      case OpType::kMean:
        import_axes(op, parameters(input(inputs, 1)));
        std::sort(op.axes.begin(), op.axes.end());
        break;
      case OpType::kTranspose:
        import_axes(op, parameters(input(inputs, 1)));
        break;
      case OpType::kResizeNearest:
        check_resize(options);
        break;
      case OpType::kReshape:
      case OpType::kQuantize:
      case OpType::kDequantize:
        break;
    }
    return op;
  }

  static const FlatTable& required(const std::optional<FlatTable>& options) {
    if (!options) throw Error("has no options");
    return *options;
  }

  static std::int32_t input(const std::vector<std::int32_t>& inputs, std::size_t index) {
    if (index >= inputs.size()) throw Error("needs more inputs");
    return inputs[index];
  }

  const FlatTable& source_tensor(int index) const {
    if (index < 0 || index >= static_cast<int>(tensors_.size())) {
      throw Error("tensor " + std::to_string(index) + " does not exist");
    }
    return tensors_[static_cast<std::size_t>(index)];
  }

  /// The bytes of a constant tensor; empty for an activation.
  std::span<const std::uint8_t> bytes_of(const FlatTable& source) const {
    const std::uint32_t index = source.uint32(tflite::tensor::kBuffer, 0);
    if (index == 0 && buffers_.empty()) return {};
    if (index >= buffers_.size()) throw Error("buffer " + std::to_string(index) + " does not exist");
    return buffers_[index].bytes(tflite::buffer::kData);
  }

  void charge(std::size_t bytes) {
    copied_bytes_ += bytes;
    if (copied_bytes_ > kMaxCopiedBytes) throw Error("the model needs more than 256 MiB");
  }

  /// Converts a tensor when an operator first names it; returns its index.
  int use(int index) {
    const FlatTable& source = source_tensor(index);
    if (used_[static_cast<std::size_t>(index)]) return index;
    Tensor tensor;
    tensor.name = source.text(tflite::tensor::kName).substr(0, kMaxNameLength);
    tensor.shape = shape_of(source);
    tensor.type = data_type(source.int8(tflite::tensor::kType, tflite::kFloat32));
    if (source.int8(tflite::tensor::kIsVariable, 0)) throw Unsupported{"variable tensors"};
    if (source.table(tflite::tensor::kSparsity)) throw Unsupported{"sparse tensors"};
    tensor.quantization = quantization_of(source);
    fill(tensor, bytes_of(source));
    graph_.tensor(index) = std::move(tensor);
    used_[static_cast<std::size_t>(index)] = true;
    return index;
  }

  Shape shape_of(const FlatTable& source) {
    Shape shape = source.int32s(tflite::tensor::kShape);
    if (shape.size() > 6) throw Error("a tensor has " + std::to_string(shape.size()) + " dimensions");
    for (int dimension : shape) {
      if (dimension < 1) throw Error("a tensor has a dimension of " + std::to_string(dimension));
    }
    return shape;
  }

  Quantization quantization_of(const FlatTable& source) {
    Quantization q;
    const std::optional<FlatTable> from = source.table(tflite::tensor::kQuantization);
    if (!from) return q;
    q.scales = from->floats(tflite::quantization::kScale);
    charge(q.scales.size() * 2 * sizeof(float));
    const std::vector<std::int64_t> zero_points = from->int64s(tflite::quantization::kZeroPoint);
    for (std::int64_t zero : zero_points) {
      if (zero < INT32_MIN || zero > INT32_MAX) throw Error("a zero point is outside int32");
      if (!q.scales.empty()) q.zero_points.push_back(static_cast<std::int32_t>(zero));
    }
    if (zero_points.empty()) q.zero_points.assign(q.scales.size(), 0);
    q.axis = from->int32(tflite::quantization::kQuantizedDimension, 0);
    return q;
  }

  void fill(Tensor& tensor, std::span<const std::uint8_t> bytes) {
    tensor.constant = !bytes.empty();
    if (!tensor.constant) {
      activation_elements_ += std::min(tensor.elements(), kMaxActivationElements);
      if (activation_elements_ > kMaxActivationElements) throw Error("activations have more than 2^26 elements");
      return;
    }
    if (tensor.bytes() != static_cast<std::int64_t>(bytes.size())) {
      throw Error("constant " + tensor.name + " has " + std::to_string(bytes.size()) + " bytes, its shape needs " +
                  std::to_string(tensor.bytes()));
    }
    charge(bytes.size());
    if (tensor.type == DataType::kInt8) tensor.data = values_of<std::int8_t>(bytes);
    if (tensor.type == DataType::kInt32) tensor.data = values_of<std::int32_t>(bytes);
    if (tensor.type == DataType::kFloat32) tensor.data = values_of<float>(bytes);
  }

  /// Values of a small int32 constant that parametrises an operator; the tensor itself stays behind.
  std::vector<std::int32_t> parameters(int index) const {
    const FlatTable& source = source_tensor(index);
    if (source.int8(tflite::tensor::kType, 0) != tflite::kInt32) throw Unsupported{"parameters that are not INT32"};
    const std::span<const std::uint8_t> bytes = bytes_of(source);
    if (bytes.empty()) throw Unsupported{"parameters that are computed"};
    if (bytes.size() > 64) throw Error("has more parameters than dimensions");
    return std::get<std::vector<std::int32_t>>(values_of<std::int32_t>(bytes));
  }

  Tensor& image(int index) {
    if (graph_.tensor(index).shape.size() != 4) throw Error("tensor " + std::to_string(index) + " must be NHWC");
    return graph_.tensor(index);
  }

  int bias(const std::vector<std::int32_t>& inputs, int channels, const std::string& name) {
    if (inputs.size() > 2 && inputs[2] >= 0) return use(inputs[2]);
    charge(static_cast<std::size_t>(channels) * sizeof(std::int32_t));
    return graph_.add({.name = name + ".bias",
                       .shape = {channels},
                       .type = DataType::kInt32,
                       .data = std::vector<std::int32_t>(static_cast<std::size_t>(channels), 0),
                       .constant = true});
  }

  static int explicit_total(int in, int kernel, int stride) {
    const std::int64_t out = (std::int64_t{in} + stride - 1) / stride;
    return static_cast<int>(std::clamp<std::int64_t>((out - 1) * stride + kernel - in, 0, 1 << 20));
  }

  /// SAME spreads what is missing over both sides, the larger half after; VALID pads nothing.
  void import_padding(Operator& op, int scheme) {
    if (op.stride_h < 1 || op.stride_w < 1) throw Error("strides must be at least 1");
    if (op.kernel_h < 1 || op.kernel_w < 1) throw Error("kernel size must be at least 1");
    if (scheme == tflite::kValid) return;
    if (scheme != tflite::kSame) throw Error("padding scheme " + std::to_string(scheme) + " does not exist");
    const Shape& in = image(op.inputs[0]).shape;
    const int rows = explicit_total(in[1], op.kernel_h, op.stride_h);
    const int columns = explicit_total(in[2], op.kernel_w, op.stride_w);
    op.padding = {.top = rows / 2, .bottom = rows - rows / 2, .left = columns / 2, .right = columns - columns / 2};
  }

  static void check_dilation(int height, int width) {
    if (height != 1 || width != 1) {
      throw Unsupported{"dilation " + std::to_string(height) + "x" + std::to_string(width)};
    }
  }

  void import_conv(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    const int weights = use(input(inputs, 1));
    const Shape shape = image(weights).shape;
    check_dilation(options.int32(tflite::conv_options::kDilationH, 1),
                   options.int32(tflite::conv_options::kDilationW, 1));
    if (image(op.inputs[0]).shape[3] != shape[3]) throw Unsupported{"grouped convolution"};
    op.kernel_h = shape[1], op.kernel_w = shape[2];
    op.stride_h = options.int32(tflite::conv_options::kStrideH, 0);
    op.stride_w = options.int32(tflite::conv_options::kStrideW, 0);
    op.activation = activation(options.int8(tflite::conv_options::kActivation, 0));
    import_padding(op, options.int8(tflite::conv_options::kPadding, 0));
    const int bias_index = bias(inputs, shape[0], op.name);
    op.inputs.insert(op.inputs.end(), {weights, bias_index});
  }

  void import_depthwise(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    int weights = use(input(inputs, 1));
    const Shape shape = image(weights).shape;
    const int channels = image(op.inputs[0]).shape[3];
    check_dilation(options.int32(tflite::depthwise_options::kDilationH, 1),
                   options.int32(tflite::depthwise_options::kDilationW, 1));
    op.kernel_h = shape[1], op.kernel_w = shape[2];
    op.stride_h = options.int32(tflite::depthwise_options::kStrideH, 0);
    op.stride_w = options.int32(tflite::depthwise_options::kStrideW, 0);
    op.activation = activation(options.int8(tflite::depthwise_options::kActivation, 0));
    import_padding(op, options.int8(tflite::depthwise_options::kPadding, 0));
    if (shape[3] != channels) {
      if (channels != 1) throw Unsupported{"depth multiplier over several channels"};
      weights = as_convolution(weights);
      op.type = OpType::kConv2D;
    }
    const int bias_index = bias(inputs, shape[3], op.name);
    op.inputs.insert(op.inputs.end(), {weights, bias_index});
  }

  /// Depthwise weights [1,K_h,K_w,M] over one channel as a convolution's [M,K_h,K_w,1], in a new tensor.
  int as_convolution(int index) {
    Tensor tensor = graph_.tensor(index);
    const auto* values = std::get_if<std::vector<std::int8_t>>(&tensor.data);
    if (!values) throw Error("weights must be int8 constants");
    charge(values->size());
    const auto outputs = static_cast<std::size_t>(tensor.shape[3]), taps = values->size() / outputs;
    std::vector<std::int8_t> transposed(values->size());
    for (std::size_t i = 0; i < values->size(); ++i) transposed[i % outputs * taps + i / outputs] = (*values)[i];
    tensor.data = std::move(transposed);
    tensor.shape = {tensor.shape[3], tensor.shape[1], tensor.shape[2], 1};
    tensor.quantization.axis = 0;
    return graph_.add(std::move(tensor));
  }

  void import_fully_connected(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    if (options.int8(tflite::fully_connected_options::kWeightsFormat, 0) != 0) throw Unsupported{"shuffled weights"};
    const int weights = use(input(inputs, 1));
    const Shape shape = graph_.tensor(weights).shape;
    if (shape.size() != 2) throw Error("weights must have 2 dimensions");
    if (graph_.tensor(op.inputs[0]).elements() != shape[1]) throw Unsupported{"more than one row of inputs"};
    if (graph_.tensor(op.outputs[0]).shape != Shape{1, shape[0]}) throw Unsupported{"an output that is not [1,C]"};
    op.activation = activation(options.int8(tflite::fully_connected_options::kActivation, 0));
    const int bias_index = bias(inputs, shape[0], op.name);
    op.inputs.insert(op.inputs.end(), {weights, bias_index});
  }

  void import_pool(Operator& op, const FlatTable& options) {
    op.kernel_h = options.int32(tflite::pool_options::kFilterH, 0);
    op.kernel_w = options.int32(tflite::pool_options::kFilterW, 0);
    op.stride_h = options.int32(tflite::pool_options::kStrideH, 0);
    op.stride_w = options.int32(tflite::pool_options::kStrideW, 0);
    op.activation = activation(options.int8(tflite::pool_options::kActivation, 0));
    import_padding(op, options.int8(tflite::pool_options::kPadding, 0));
  }

  void import_pad(Operator& op, const std::vector<std::int32_t>& sides) {
    if (sides.size() != 8) throw Unsupported{"other than 4 dimensions"};
    if (sides[0] != 0 || sides[1] != 0 || sides[6] != 0 || sides[7] != 0) {
      throw Unsupported{"padding of other dimensions than rows and columns"};
    }
    op.padding = {.top = sides[2], .bottom = sides[3], .left = sides[4], .right = sides[5]};
  }

  void import_axes(Operator& op, const std::vector<std::int32_t>& axes) {
    const int dimensions = static_cast<int>(graph_.tensor(op.inputs[0]).shape.size());
    for (int axis : axes) op.axes.push_back(axis < 0 && axis >= -dimensions ? axis + dimensions : axis);
  }

  static void check_resize(const std::optional<FlatTable>& options) {
    if (!options) return;
    const bool plain = options->int8(tflite::resize_options::kAlignCorners, 0) == 0 &&
                       options->int8(tflite::resize_options::kHalfPixelCenters, 0) == 0;
    if (!plain) throw Unsupported{"aligned corners or half-pixel centers"};
  }

  std::string file_;
  std::vector<FlatTable> codes_, buffers_, tensors_, operators_;
  std::vector<bool> used_;
  Graph graph_;
  UnsupportedOperators unsupported_;
  std::vector<ConfigIssue> issues_;
  std::int64_t activation_elements_ = 0;
  std::size_t copied_bytes_ = 0;
};

[[noreturn]] void fail(const std::string& file, const std::string& rule) {
  throw ConfigError({{.file = file, .line = 0, .column = 0, .key = "", .value = "", .rule = rule}});
}

}  // namespace

std::string to_text(const UnsupportedOperators& unsupported) {
  std::string text;
  for (const UnsupportedOperators::Item& item : unsupported.items) {
    text += "operator " + std::to_string(item.index) + " (" + item.name + "): " + item.reason + "\n";
  }
  return text;
}

Result<Graph, UnsupportedOperators> import_tflite(std::span<const std::uint8_t> bytes, const std::string& name) {
  try {
    return Importer(FlatTable::root(bytes, "TFL3"), name).run();
  } catch (const Error& error) {
    fail(name, error.what());
  }
}

Result<Graph, UnsupportedOperators> load_tflite(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> characters{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad() || characters.empty()) fail(path, "cannot be read");
  const std::vector<std::uint8_t> bytes(characters.begin(), characters.end());
  return import_tflite(bytes, path);
}

const char* tflite_name(OpType type) {
  switch (type) {
    case OpType::kConv2D:
      return "CONV_2D";
    case OpType::kDepthwiseConv2D:
      return "DEPTHWISE_CONV_2D";
    case OpType::kFullyConnected:
      return "FULLY_CONNECTED";
    case OpType::kAdd:
      return "ADD";
    case OpType::kMul:
      return "MUL";
    case OpType::kAveragePool2D:
      return "AVERAGE_POOL_2D";
    case OpType::kMaxPool2D:
      return "MAX_POOL_2D";
    case OpType::kReshape:
      return "RESHAPE";
    case OpType::kSoftmax:
      return "SOFTMAX";
    case OpType::kPad:
      return "PAD";
    case OpType::kMean:
      return "MEAN";
    case OpType::kTranspose:
      return "TRANSPOSE";
    case OpType::kResizeNearest:
      return "RESIZE_NEAREST_NEIGHBOR";
    case OpType::kQuantize:
      return "QUANTIZE";
    case OpType::kDequantize:
      return "DEQUANTIZE";
  }
  THIMBLE_CHECK(false, "an OpType without a name");
}

}  // namespace thimble
