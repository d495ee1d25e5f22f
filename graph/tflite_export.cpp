#include "graph/tflite_export.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "graph/base/check.hpp"
#include "graph/tflite_file.hpp"
#include "graph/tflite_schema.hpp"
#include "graph/validate_int8.hpp"
#include "graph/window.hpp"

namespace thimble {
namespace {

using tflite::FileOperator;
using tflite::FileOption;

constexpr float kSmallestScale = 1e-37f, kLargestScale = 1e29f;  ///< of a bias, where the product would leave float

std::int8_t activation_code(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return tflite::kNone;
    case Activation::kRelu:
      return tflite::kRelu;
    case Activation::kRelu6:
      return tflite::kRelu6;
  }
  THIMBLE_CHECK(false, "an Activation without a code");
}

/// SAME's padding before the first pixel; the rest follows the last one.
int same_padding_before(int in, int kernel, int stride) {
  return std::max(((in + stride - 1) / stride - 1) * stride + kernel - in, 0) / 2;
}

/// TFLite's padding scheme that gives the same windows, if there is one.
std::optional<tflite::PaddingScheme> padding_scheme(const WindowGeometry& g) {
  const bool unpadded = g.pad_top == 0 && g.pad_left == 0 && g.in_h >= g.kernel_h && g.in_w >= g.kernel_w;
  if (unpadded && g.out_h == (g.in_h - g.kernel_h) / g.stride_h + 1 &&
      g.out_w == (g.in_w - g.kernel_w) / g.stride_w + 1) {
    return tflite::kValid;
  }
  const bool same = g.out_h == (g.in_h + g.stride_h - 1) / g.stride_h &&
                    g.out_w == (g.in_w + g.stride_w - 1) / g.stride_w &&
                    g.pad_top == same_padding_before(g.in_h, g.kernel_h, g.stride_h) &&
                    g.pad_left == same_padding_before(g.in_w, g.kernel_w, g.stride_w);
  return same ? std::optional(tflite::kSame) : std::nullopt;
}

Shape without(const Shape& shape, const std::vector<int>& axes, bool keep) {
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int>(i)) != axes.end();
    if (!reduced || keep) result.push_back(reduced ? 1 : shape[i]);
  }
  return result;
}

/// MUL whose factor is 1 or more came later than the others.
int mul_version(const Tensor& a, const Tensor& b, const Tensor& out) {
  const float factor = a.quantization.scales[0] * b.quantization.scales[0] / out.quantization.scales[0];
  return factor >= 1 ? 3 : 2;
}

int transpose_version(std::size_t dimensions) { return dimensions > 5 ? 6 : dimensions > 4 ? 4 : 2; }

class Exporter {
 public:
  explicit Exporter(const Graph& graph) : graph_(graph) { file_.name = graph.name; }

  Result<std::vector<std::uint8_t>, UnsupportedOperators> run() {
    for (int index : graph_.inputs) file_.inputs.push_back(tensor(index));
    for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
      op_index_ = static_cast<int>(i);
      export_operator(graph_.operators[i]);
    }
    for (int index : graph_.outputs) file_.outputs.push_back(tensor(index));
    if (!unsupported_.items.empty()) return unsupported_;
    return tflite::write_file(file_);
  }

 private:
  /// The file's index of a tensor, which is written where it is first used.
  int tensor(int index) {
    const auto found = indices_.find(index);
    if (found != indices_.end()) return found->second;
    file_.tensors.push_back(graph_.tensor(index));
    Tensor& added = file_.tensors.back();
    if (added.name.empty()) added.name = "tensor" + std::to_string(index);
    return indices_[index] = static_cast<int>(file_.tensors.size()) - 1;
  }

  int add(Tensor tensor) {
    file_.tensors.push_back(std::move(tensor));
    return static_cast<int>(file_.tensors.size()) - 1;
  }

  /// A constant that parametrises an operator.
  int parameter(const std::string& name, Shape shape, std::vector<std::int32_t> values) {
    return add({.name = name,
                .shape = std::move(shape),
                .type = DataType::kInt32,
                .data = std::move(values),
                .constant = true});
  }

  void unsupported(const Operator& op, std::string reason) {
    unsupported_.items.push_back({op_index_, tflite_name(op.type), std::move(reason)});
  }

  void emit(const Operator& op, int code, int version, int options_type, std::vector<FileOption> options,
            std::vector<std::int32_t> parameters = {}) {
    FileOperator written{.builtin_code = code, .version = version, .options_type = options_type};
    written.options = std::move(options);
    for (int input : op.inputs) written.inputs.push_back(tensor(input));
    if (padded_) written.inputs[0] = *padded_;
    written.inputs.insert(written.inputs.end(), parameters.begin(), parameters.end());
    const int output = tensor(op.outputs[0]);
    if (!op.name.empty()) file_.tensors[static_cast<std::size_t>(output)].name = op.name;
    written.outputs = {output};
    file_.operators.push_back(std::move(written));
    padded_.reset();
  }

  void export_operator(const Operator& op) {
    switch (op.type) {
      case OpType::kConv2D:
        return export_convolution(op);
      case OpType::kDepthwiseConv2D:
        return export_depthwise(op);
      case OpType::kFullyConnected:
        give_scale_to_bias(op);
        return emit(op, tflite::kFullyConnected, 4, tflite::kFullyConnectedOptions,
                    {{tflite::fully_connected_options::kActivation, activation_code(op.activation)},
                     {tflite::fully_connected_options::kWeightsFormat, std::int8_t{0}},
                     {tflite::fully_connected_options::kKeepNumDims, std::int8_t{0}}});
      case OpType::kAdd:
        return emit(op, tflite::kAdd, 2, tflite::kAddOptions, arithmetic(op));
      case OpType::kMul:
        return emit(op, tflite::kMul, mul_version(input(op, 0), input(op, 1), output(op)), tflite::kMulOptions,
                    arithmetic(op));
      case OpType::kAveragePool2D:
        return export_pool(op, tflite::kAveragePool2D);
      case OpType::kMaxPool2D:
        return export_pool(op, tflite::kMaxPool2D);
      case OpType::kReshape:
        return export_reshape(op);
      case OpType::kSoftmax:
        return emit(op, tflite::kSoftmax, 2, tflite::kSoftmaxOptions, {{tflite::softmax_options::kBeta, 1.0f}});
      case OpType::kPad:
        return export_pad(op);
      case OpType::kMean:
        return export_mean(op);
      case OpType::kTranspose:
        return emit(op, tflite::kTranspose, transpose_version(op.axes.size()), tflite::kTransposeOptions, {},
                    {parameter(op.name + ".axes", {static_cast<int>(op.axes.size())}, op.axes)});
      case OpType::kResizeNearest:
        return emit(op, tflite::kResizeNearest, 2, tflite::kResizeNearestOptions,
                    {{tflite::resize_options::kAlignCorners, std::int8_t{0}},
                     {tflite::resize_options::kHalfPixelCenters, std::int8_t{0}}},
                    {parameter(op.name + ".size", {2}, {output(op).shape[1], output(op).shape[2]})});
      case OpType::kQuantize:
        return emit(op, tflite::kQuantize, 1, tflite::kQuantizeOptions, {});
      case OpType::kDequantize:
        return emit(op, tflite::kDequantize, 2, tflite::kDequantizeOptions, {});
      case OpType::kConcat:
        return emit(op, tflite::kConcatenation, 2, tflite::kConcatenationOptions,
                    {{tflite::concat_options::kAxis, std::int32_t{op.axes[0]}},
                     {tflite::concat_options::kActivation, std::int8_t{tflite::kNone}}});
    }
    THIMBLE_CHECK(false, "an OpType that cannot be exported");
  }

  const Tensor& input(const Operator& op, std::size_t i) const { return graph_.tensor(op.inputs[i]); }
  const Tensor& output(const Operator& op) const { return graph_.tensor(op.outputs[0]); }

  static std::vector<FileOption> arithmetic(const Operator& op) {
    return {{tflite::arithmetic_options::kActivation, activation_code(op.activation)}};
  }

  /// TFLite checks that a bias has the scale of its sums.
  void give_scale_to_bias(const Operator& op) {
    Tensor& bias = file_.tensors[static_cast<std::size_t>(tensor(op.inputs[2]))];
    if (!bias.quantization.empty()) return;
    for (float scale : input(op, 1).quantization.scales) {
      const float product = input(op, 0).quantization.scales[0] * scale;
      bias.quantization.scales.push_back(std::clamp(product, kSmallestScale, kLargestScale));
    }
    bias.quantization.zero_points.assign(bias.quantization.scales.size(), 0);
  }

  /// The scheme for a convolution; where TFLite has none, its input goes through a PAD.
  std::int8_t convolution_scheme(const Operator& op) {
    const auto scheme = padding_scheme(window_geometry(graph_, op));
    if (scheme) return static_cast<std::int8_t>(*scheme);
    const Padding& p = op.padding;
    const Tensor& x = input(op, 0);
    Tensor padded{.name = op.name + ".pad", .shape = x.shape, .type = x.type, .quantization = x.quantization};
    padded.shape[1] += p.top + p.bottom;
    padded.shape[2] += p.left + p.right;
    const int sides = parameter(padded.name + ".sides", {4, 2}, {0, 0, p.top, p.bottom, p.left, p.right, 0, 0});
    const int from = tensor(op.inputs[0]), to = add(std::move(padded));
    file_.operators.push_back({tflite::kPad, 2, {from, sides}, {to}, tflite::kPadOptions, {}});
    padded_ = to;
    return tflite::kValid;
  }

  void export_convolution(const Operator& op) {
    using namespace tflite::conv_options;
    const std::int8_t scheme = convolution_scheme(op);
    give_scale_to_bias(op);
    emit(op, tflite::kConv2D, 3, tflite::kConvOptions,
         {{kPadding, scheme},
          {kStrideW, op.stride_w},
          {kStrideH, op.stride_h},
          {kActivation, activation_code(op.activation)},
          {kDilationW, 1},
          {kDilationH, 1}});
  }

  void export_depthwise(const Operator& op) {
    using namespace tflite::depthwise_options;
    const std::int8_t scheme = convolution_scheme(op);
    give_scale_to_bias(op);
    emit(op, tflite::kDepthwiseConv2D, 3, tflite::kDepthwiseOptions,
         {{kPadding, scheme},
          {kStrideW, op.stride_w},
          {kStrideH, op.stride_h},
          {kDepthMultiplier, 1},
          {kActivation, activation_code(op.activation)},
          {kDilationW, 1},
          {kDilationH, 1}});
  }

  void export_pool(const Operator& op, int code) {
    using namespace tflite::pool_options;
    const auto scheme = padding_scheme(window_geometry(graph_, op));
    if (!scheme) return unsupported(op, "padding that is neither SAME nor VALID");
    emit(op, code, 2, tflite::kPoolOptions,
         {{kPadding, static_cast<std::int8_t>(*scheme)},
          {kStrideW, op.stride_w},
          {kStrideH, op.stride_h},
          {kFilterW, op.kernel_w},
          {kFilterH, op.kernel_h},
          {kActivation, activation_code(op.activation)}});
  }

  void export_reshape(const Operator& op) {
    const Shape& shape = output(op).shape;
    if (shape.empty()) return unsupported(op, "a reshape to a scalar");
    emit(op, tflite::kReshape, 1, tflite::kReshapeOptions, {{tflite::reshape_options::kNewShape, shape}},
         {parameter(op.name + ".shape", {static_cast<int>(shape.size())}, shape)});
  }

  void export_pad(const Operator& op) {
    const Padding& p = op.padding;
    emit(op, tflite::kPad, 2, tflite::kPadOptions, {},
         {parameter(op.name + ".sides", {4, 2}, {0, 0, p.top, p.bottom, p.left, p.right, 0, 0})});
  }

  void export_mean(const Operator& op) {
    const Shape &in = input(op, 0).shape, &out = output(op).shape;
    const bool keeps = out == without(in, op.axes, true);
    if (!keeps && out != without(in, op.axes, false)) return unsupported(op, "an output shape of its own");
    if (op.axes.empty()) return unsupported(op, "a mean over no axis");
    emit(op, tflite::kMean, 2, tflite::kReducerOptions,
         {{tflite::reducer_options::kKeepDims, static_cast<std::int8_t>(keeps)}},
         {parameter(op.name + ".axes", {static_cast<int>(op.axes.size())}, op.axes)});
  }

  const Graph& graph_;
  tflite::File file_;
  std::map<int, int> indices_;  ///< the graph's tensors in the file
  std::optional<int> padded_;   ///< what the next operator reads in place of its first input
  int op_index_ = 0;
  UnsupportedOperators unsupported_;
};

}  // namespace

Result<std::vector<std::uint8_t>, UnsupportedOperators> export_tflite(const Graph& graph) {
  std::vector<std::string> problems = validate(graph);
  if (problems.empty()) problems = validate_int8(graph);
  THIMBLE_CHECK(problems.empty(), problems.front());
  return Exporter(graph).run();
}

}  // namespace thimble
