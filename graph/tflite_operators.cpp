#include "graph/tflite_operators.hpp"

#include <algorithm>

#include "graph/base/error.hpp"
#include "graph/tflite_schema.hpp"

namespace thimble::tflite {
namespace {

constexpr std::size_t kMaxInputs = 1024;  ///< of one concatenation

std::optional<OpType> op_type(int builtin_code) {
  switch (builtin_code) {
    case kAdd:
      return OpType::kAdd;
    case kAveragePool2D:
      return OpType::kAveragePool2D;
    case kConcatenation:
      return OpType::kConcat;
    case kConv2D:
      return OpType::kConv2D;
    case kDepthwiseConv2D:
      return OpType::kDepthwiseConv2D;
    case kDequantize:
      return OpType::kDequantize;
    case kFullyConnected:
      return OpType::kFullyConnected;
    case kMaxPool2D:
      return OpType::kMaxPool2D;
    case kMul:
      return OpType::kMul;
    case kReshape:
      return OpType::kReshape;
    case kSoftmax:
      return OpType::kSoftmax;
    case kPad:
      return OpType::kPad;
    case kTranspose:
      return OpType::kTranspose;
    case kMean:
      return OpType::kMean;
    case kResizeNearest:
      return OpType::kResizeNearest;
    case kQuantize:
      return OpType::kQuantize;
    default:
      return std::nullopt;
  }
}

const FlatTable& required(const std::optional<FlatTable>& options) {
  if (!options) throw Error("has no options");
  return *options;
}

bool has_weights(OpType type) {
  return type == OpType::kConv2D || type == OpType::kDepthwiseConv2D || type == OpType::kFullyConnected;
}

/// How many of the file's inputs are tensors; those behind them parametrise the operator.
std::size_t tensor_inputs(OpType type, std::size_t listed) {
  if (type == OpType::kConcat) return listed;
  if (type == OpType::kAdd || type == OpType::kMul) return 2;
  return has_weights(type) ? 3 : 1;
}

int same_padding(int in, int kernel, int stride) {
  const std::int64_t out = (std::int64_t{in} + stride - 1) / stride;
  return static_cast<int>(std::clamp<std::int64_t>((out - 1) * stride + kernel - in, 0, 1 << 20));
}

std::string type_text(const Tensor& tensor) {
  return tensor.type == DataType::kInt8 ? "INT8" : tensor.type == DataType::kInt32 ? "INT32" : "FLOAT32";
}

}  // namespace

std::optional<Operator> OperatorImporter::convert(const FlatTable& source, int builtin_code,
                                                  std::vector<std::string>& reasons) {
  reasons_ = &reasons;
  const std::optional<OpType> type = op_type(builtin_code);
  if (!type) {
    lacks("not implemented");
    return std::nullopt;
  }
  Operator op{.type = *type};
  inputs_ = source.int32s(op::kInputs, kMaxInputs);
  op.outputs = source.int32s(op::kOutputs, kMaxInputs);
  if (inputs_.empty() || op.outputs.size() != 1) throw Error("needs an input and one output");
  read_options(op, source.table(op::kBuiltinOptions));
  use_tensors(op);
  if (reasons.empty()) refuse_other_than_int8(op);
  try {
    if (reasons.empty()) connect(op);
  } catch (const Unsupported& unsupported) {
    lacks(unsupported.reason);
  }
  if (!reasons.empty()) return std::nullopt;
  op.name = graph_.tensor(op.outputs[0]).name;
  return op;
}

std::int32_t OperatorImporter::input(std::size_t index) const {
  if (index >= inputs_.size()) throw Error("needs more inputs");
  return inputs_[index];
}

void OperatorImporter::read_options(Operator& op, const std::optional<FlatTable>& options) {
  switch (op.type) {
    case OpType::kConv2D:
      read_window(op, required(options), conv_options::kActivation);
      return refuse_dilation(options->int32(conv_options::kDilationH, 1), options->int32(conv_options::kDilationW, 1));
    case OpType::kDepthwiseConv2D:
      read_window(op, required(options), depthwise_options::kActivation);
      return refuse_dilation(options->int32(depthwise_options::kDilationH, 1),
                             options->int32(depthwise_options::kDilationW, 1));
    case OpType::kAveragePool2D:
    case OpType::kMaxPool2D:
      read_window(op, required(options), pool_options::kActivation);
      op.kernel_h = options->int32(pool_options::kFilterH, 0);
      op.kernel_w = options->int32(pool_options::kFilterW, 0);
      return;
    case OpType::kFullyConnected:
      read_activation(op, required(options).int8(fully_connected_options::kActivation, 0));
      if (options->int8(fully_connected_options::kWeightsFormat, 0) != 0) lacks("shuffled weights");
      return;
    case OpType::kAdd:
    case OpType::kMul:
      if (options) read_activation(op, options->int8(arithmetic_options::kActivation, 0));
      return;
    case OpType::kConcat:
      axis_ = required(options).int32(concat_options::kAxis, 0);
      if (options->int8(concat_options::kActivation, 0) != kNone) lacks("fused activation");
      return;
    case OpType::kSoftmax:
      if (required(options).float32(softmax_options::kBeta, 0) != 1) lacks("beta other than 1");
      return;
    case OpType::kResizeNearest:
      if (options && (options->int8(resize_options::kAlignCorners, 0) != 0 ||
                      options->int8(resize_options::kHalfPixelCenters, 0) != 0)) {
        lacks("aligned corners or half-pixel centers");
      }
      return;
    default:
      return;
  }
}

/// What the options of convolutions and pools have in common: the first three fields.
void OperatorImporter::read_window(Operator& op, const FlatTable& options, int activation_field) {
  padding_scheme_ = options.int8(conv_options::kPadding, 0);
  op.stride_h = options.int32(conv_options::kStrideH, 0);
  op.stride_w = options.int32(conv_options::kStrideW, 0);
  read_activation(op, options.int8(activation_field, 0));
}

void OperatorImporter::read_activation(Operator& op, int code) {
  switch (code) {
    case kNone:
      return;
    case kRelu:
      op.activation = Activation::kRelu;
      return;
    case kRelu6:
      op.activation = Activation::kRelu6;
      return;
    default:
      lacks("fused activation " + std::to_string(code));
  }
}

void OperatorImporter::refuse_dilation(int height, int width) {
  if (height != 1 || width != 1) lacks("dilation " + std::to_string(height) + "x" + std::to_string(width));
}

void OperatorImporter::use_tensors(Operator& op) {
  const std::size_t count = tensor_inputs(op.type, inputs_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const bool optional_bias = i == 2 && has_weights(op.type);
    if (optional_bias && (i >= inputs_.size() || inputs_[i] < 0)) continue;
    use(input(i));
    op.inputs.push_back(input(i));
  }
  use(op.outputs[0]);
}

void OperatorImporter::use(std::int32_t index) {
  try {
    tensors_.use(index);
  } catch (const Unsupported& unsupported) {
    // Weights of a foreign type often come with activations of the same.
    if (std::find(reasons_->begin(), reasons_->end(), unsupported.reason) == reasons_->end()) {
      lacks(unsupported.reason);
    }
  }
}

void OperatorImporter::refuse_activation(const char* role, const Tensor& tensor) {
  if (tensor.type != DataType::kInt8) {
    return lacks(std::string(role) + " " + tensor.name + " is " + type_text(tensor) + ", must be INT8");
  }
  if (tensor.quantization.empty()) lacks(std::string(role) + " " + tensor.name + " has no scale");
  if (tensor.quantization.scales.size() > 1) lacks(std::string(role) + " " + tensor.name + " has a scale per channel");
}

void OperatorImporter::refuse_weights(const Operator& op) {
  const Tensor& weights = graph_.tensor(op.inputs.at(1));
  if (weights.type != DataType::kInt8) {
    lacks("weights are " + type_text(weights) + ", must be INT8");
  } else if (weights.quantization.empty()) {
    lacks("weights have no scale");
  } else if (!weights.constant) {
    lacks("weights are computed, must be constant");
  }
  if (op.inputs.size() < 3) return;
  const Tensor& bias = graph_.tensor(op.inputs[2]);
  if (bias.type != DataType::kInt32) lacks("bias is " + type_text(bias) + ", must be INT32");
}

/// Networks in float, or quantised in part: sound files, but nothing that runs as int8.
void OperatorImporter::refuse_other_than_int8(const Operator& op) {
  const Tensor &x = graph_.tensor(op.inputs[0]), &y = graph_.tensor(op.outputs[0]);
  const bool converts = op.type == OpType::kQuantize || op.type == OpType::kDequantize;
  if (!converts && x.type == DataType::kFloat32 && y.type == DataType::kFloat32) {
    return lacks("is in FLOAT32, must be quantised to INT8");
  }
  const bool from_float = op.type == OpType::kQuantize && x.type == DataType::kFloat32;
  const bool to_float = op.type == OpType::kDequantize;
  if (!from_float) refuse_activation("input", x);
  if (!to_float) refuse_activation("output", y);
  if (to_float && y.type != DataType::kFloat32) {
    lacks("output " + y.name + " is " + type_text(y) + ", must be FLOAT32");
  }
  if (has_weights(op.type)) return refuse_weights(op);
  for (std::size_t i = 1; i < op.inputs.size(); ++i) refuse_activation("input", graph_.tensor(op.inputs[i]));
}

/// From the file's way to spell an operator to the graph's.
void OperatorImporter::connect(Operator& op) {
  switch (op.type) {
    case OpType::kConv2D:
      return connect_convolution(op);
    case OpType::kDepthwiseConv2D:
      return connect_depthwise(op);
    case OpType::kFullyConnected:
      return connect_fully_connected(op);
    case OpType::kAveragePool2D:
    case OpType::kMaxPool2D:
      return make_padding_explicit(op);
    case OpType::kPad:
      return read_pad(op);
    case OpType::kMean:
      read_axes(op);
      std::sort(op.axes.begin(), op.axes.end());
      return;
    case OpType::kTranspose:
      return read_axes(op);
    case OpType::kConcat:
      return read_concat(op);
    default:
      return;
  }
}

/// SAME spreads what is missing over both sides, the larger half after; VALID pads nothing.
void OperatorImporter::make_padding_explicit(Operator& op) {
  if (op.stride_h < 1 || op.stride_w < 1) throw Error("strides must be at least 1");
  if (op.kernel_h < 1 || op.kernel_w < 1) throw Error("kernel size must be at least 1");
  if (padding_scheme_ == kValid) return;
  if (padding_scheme_ != kSame) throw Error("padding scheme " + std::to_string(padding_scheme_) + " does not exist");
  const Shape& in = tensors_.image(op.inputs[0]).shape;
  const int rows = same_padding(in[1], op.kernel_h, op.stride_h);
  const int columns = same_padding(in[2], op.kernel_w, op.stride_w);
  op.padding = {.top = rows / 2, .bottom = rows - rows / 2, .left = columns / 2, .right = columns - columns / 2};
}

void OperatorImporter::connect_convolution(Operator& op) {
  const Shape shape = tensors_.image(op.inputs[1]).shape;
  if (tensors_.image(op.inputs[0]).shape[3] != shape[3]) throw Unsupported{"grouped convolution"};
  op.kernel_h = shape[1], op.kernel_w = shape[2];
  make_padding_explicit(op);
  if (op.inputs.size() < 3) op.inputs.push_back(tensors_.add_zero_bias(shape[0], graph_.tensor(op.outputs[0]).name));
}

void OperatorImporter::connect_depthwise(Operator& op) {
  const Shape shape = tensors_.image(op.inputs[1]).shape;
  const int channels = tensors_.image(op.inputs[0]).shape[3];
  op.kernel_h = shape[1], op.kernel_w = shape[2];
  make_padding_explicit(op);
  if (shape[3] != channels) {
    if (channels != 1) throw Unsupported{"depth multiplier over several channels"};
    op.inputs[1] = tensors_.add_transposed_weights(op.inputs[1]);
    op.type = OpType::kConv2D;
  }
  if (op.inputs.size() < 3) op.inputs.push_back(tensors_.add_zero_bias(shape[3], graph_.tensor(op.outputs[0]).name));
}

void OperatorImporter::connect_fully_connected(Operator& op) {
  const Shape shape = graph_.tensor(op.inputs[1]).shape;
  if (shape.size() != 2) throw Error("weights must have 2 dimensions");
  if (graph_.tensor(op.inputs[0]).elements() != shape[1]) throw Unsupported{"more than one row of inputs"};
  if (graph_.tensor(op.outputs[0]).shape != Shape{1, shape[0]}) throw Unsupported{"an output that is not [1,C]"};
  if (op.inputs.size() < 3) op.inputs.push_back(tensors_.add_zero_bias(shape[0], graph_.tensor(op.outputs[0]).name));
}

void OperatorImporter::read_pad(Operator& op) {
  const std::vector<std::int32_t> sides = tensors_.parameters(input(1));
  if (sides.size() != 8) throw Unsupported{"other than 4 dimensions"};
  if (sides[0] != 0 || sides[1] != 0 || sides[6] != 0 || sides[7] != 0) {
    throw Unsupported{"padding of other dimensions than rows and columns"};
  }
  op.padding = {.top = sides[2], .bottom = sides[3], .left = sides[4], .right = sides[5]};
}

void OperatorImporter::read_axes(Operator& op) {
  const int dimensions = static_cast<int>(graph_.tensor(op.inputs[0]).shape.size());
  for (int axis : tensors_.parameters(input(1))) {
    op.axes.push_back(axis < 0 && axis >= -dimensions ? axis + dimensions : axis);
  }
}

void OperatorImporter::read_concat(Operator& op) {
  const int dimensions = static_cast<int>(graph_.tensor(op.inputs[0]).shape.size());
  op.axes = {axis_ < 0 && axis_ >= -dimensions ? axis_ + dimensions : axis_};
}

}  // namespace thimble::tflite
