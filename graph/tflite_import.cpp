#include "graph/tflite_import.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/tflite_schema.hpp"
#include "graph/tflite_tensors.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

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
      throw tflite::Unsupported{"not implemented"};
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
      throw tflite::Unsupported{"fused activation " + std::to_string(code)};
  }
}

class Importer {
 public:
  /// @param subgraph  the model's first
  Importer(const FlatTable& root, const FlatTable& subgraph, const std::string& file)
      : file_(file),
        codes_(root.tables(tflite::model::kOperatorCodes)),
        operators_(subgraph.tables(tflite::subgraph::kOperators)),
        tensors_(subgraph.tables(tflite::subgraph::kTensors), root.tables(tflite::model::kBuffers), graph_) {
    graph_.inputs = subgraph.int32s(tflite::subgraph::kInputs);
    graph_.outputs = subgraph.int32s(tflite::subgraph::kOutputs);
    graph_.name = file.substr(file.find_last_of('/') + 1);
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
      for (int index : graph_.outputs) tensors_.use(index);
      tensors_.use(graph_.inputs[0]);
    } catch (const tflite::Unsupported& unsupported) {
      issue("inputs and outputs", unsupported.reason + " are not implemented");
    }
  }

  void import_operator(std::size_t index) {
    std::string name = "?";
    try {
      const int code = builtin_code(operators_[index], name);
      graph_.operators.push_back(convert(operators_[index], op_type(code)));
    } catch (const tflite::Unsupported& unsupported) {
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
    if (!custom.empty()) name = custom.substr(0, tflite::kMaxNameLength);
    return builtin;
  }

  Operator convert(const FlatTable& source, OpType type) {
    Operator op{.type = type};
    const std::vector<std::int32_t> inputs = source.int32s(tflite::op::kInputs);
    op.outputs = source.int32s(tflite::op::kOutputs);
    if (inputs.empty() || op.outputs.size() != 1) throw Error("needs an input and one output");
    op.inputs = {tensors_.use(inputs[0])};
    tensors_.use(op.outputs[0]);
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
        op.inputs.push_back(tensors_.use(input(inputs, 1)));
        if (options) op.activation = activation(options->int8(tflite::arithmetic_options::kActivation, 0));
        break;
      case OpType::kSoftmax:
        if (required(options).float32(tflite::softmax_options::kBeta, 0) != 1)
          throw tflite::Unsupported{"beta other than 1"};
        break;
      case OpType::kPad:
        import_pad(op, tensors_.parameters(input(inputs, 1)));
        break;
      case OpType::kMean:
        import_axes(op, tensors_.parameters(input(inputs, 1)));
        std::sort(op.axes.begin(), op.axes.end());
        break;
      case OpType::kTranspose:
        import_axes(op, tensors_.parameters(input(inputs, 1)));
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

  int bias(const std::vector<std::int32_t>& inputs, int channels, const std::string& name) {
    const bool present = inputs.size() > 2 && inputs[2] >= 0;
    return present ? tensors_.use(inputs[2]) : tensors_.add_zero_bias(channels, name);
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
    const Shape& in = tensors_.image(op.inputs[0]).shape;
    const int rows = explicit_total(in[1], op.kernel_h, op.stride_h);
    const int columns = explicit_total(in[2], op.kernel_w, op.stride_w);
    op.padding = {.top = rows / 2, .bottom = rows - rows / 2, .left = columns / 2, .right = columns - columns / 2};
  }

  static void check_dilation(int height, int width) {
    if (height != 1 || width != 1) {
      throw tflite::Unsupported{"dilation " + std::to_string(height) + "x" + std::to_string(width)};
    }
  }

  void import_conv(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    const int weights = tensors_.use(input(inputs, 1));
    const Shape shape = tensors_.image(weights).shape;
    check_dilation(options.int32(tflite::conv_options::kDilationH, 1),
                   options.int32(tflite::conv_options::kDilationW, 1));
    if (tensors_.image(op.inputs[0]).shape[3] != shape[3]) throw tflite::Unsupported{"grouped convolution"};
    op.kernel_h = shape[1], op.kernel_w = shape[2];
    op.stride_h = options.int32(tflite::conv_options::kStrideH, 0);
    op.stride_w = options.int32(tflite::conv_options::kStrideW, 0);
    op.activation = activation(options.int8(tflite::conv_options::kActivation, 0));
    import_padding(op, options.int8(tflite::conv_options::kPadding, 0));
    const int bias_index = bias(inputs, shape[0], op.name);
    op.inputs.insert(op.inputs.end(), {weights, bias_index});
  }

  void import_depthwise(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    int weights = tensors_.use(input(inputs, 1));
    const Shape shape = tensors_.image(weights).shape;
    const int channels = tensors_.image(op.inputs[0]).shape[3];
    check_dilation(options.int32(tflite::depthwise_options::kDilationH, 1),
                   options.int32(tflite::depthwise_options::kDilationW, 1));
    op.kernel_h = shape[1], op.kernel_w = shape[2];
    op.stride_h = options.int32(tflite::depthwise_options::kStrideH, 0);
    op.stride_w = options.int32(tflite::depthwise_options::kStrideW, 0);
    op.activation = activation(options.int8(tflite::depthwise_options::kActivation, 0));
    import_padding(op, options.int8(tflite::depthwise_options::kPadding, 0));
    if (shape[3] != channels) {
      if (channels != 1) throw tflite::Unsupported{"depth multiplier over several channels"};
      weights = tensors_.add_transposed_weights(weights);
      op.type = OpType::kConv2D;
    }
    const int bias_index = bias(inputs, shape[3], op.name);
    op.inputs.insert(op.inputs.end(), {weights, bias_index});
  }

  void import_fully_connected(Operator& op, const std::vector<std::int32_t>& inputs, const FlatTable& options) {
    if (options.int8(tflite::fully_connected_options::kWeightsFormat, 0) != 0)
      throw tflite::Unsupported{"shuffled weights"};
    const int weights = tensors_.use(input(inputs, 1));
    const Shape shape = graph_.tensor(weights).shape;
    if (shape.size() != 2) throw Error("weights must have 2 dimensions");
    if (graph_.tensor(op.inputs[0]).elements() != shape[1]) throw tflite::Unsupported{"more than one row of inputs"};
    if (graph_.tensor(op.outputs[0]).shape != Shape{1, shape[0]})
      throw tflite::Unsupported{"an output that is not [1,C]"};
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
    if (sides.size() != 8) throw tflite::Unsupported{"other than 4 dimensions"};
    if (sides[0] != 0 || sides[1] != 0 || sides[6] != 0 || sides[7] != 0) {
      throw tflite::Unsupported{"padding of other dimensions than rows and columns"};
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
    if (!plain) throw tflite::Unsupported{"aligned corners or half-pixel centers"};
  }

  std::string file_;
  std::vector<FlatTable> codes_, operators_;
  Graph graph_;
  tflite::TensorImporter tensors_;
  UnsupportedOperators unsupported_;
  std::vector<ConfigIssue> issues_;
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
    const FlatTable root = FlatTable::root(bytes, "TFL3");
    const std::vector<FlatTable> subgraphs = root.tables(tflite::model::kSubgraphs);
    if (subgraphs.empty()) throw Error("corrupt: there is no subgraph");
    return Importer(root, subgraphs[0], name).run();
  } catch (const Error& error) {
    fail(name, error.what());
  }
}

Result<Graph, UnsupportedOperators> load_tflite(const std::string& path) {
  std::vector<std::uint8_t> bytes;
  try {
    std::ifstream stream(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(stream), {});
  } catch (const std::ios_base::failure&) {  // a folder
    fail(path, "cannot be read");
  }
  if (bytes.empty()) fail(path, "cannot be read, or is empty");
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
