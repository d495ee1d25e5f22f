#include "graph/validate_int8.hpp"

#include <algorithm>

namespace thimble {
namespace {

/// Terms of a sum that an int32 surely holds: products of centred inputs and weights are at most 255 * 128.
constexpr std::int64_t kMaxDepth = 65536;
/// Values whose exponentials sum up below 2^31 in Q12.19.
constexpr int kMaxSoftmax = 4095;

bool is_int8_activation(const Tensor& tensor) {
  const Quantization& q = tensor.quantization;
  return tensor.type == DataType::kInt8 && q.scales.size() == 1 && q.zero_points.size() == 1 &&
         q.zero_points[0] >= -128 && q.zero_points[0] <= 127;
}

bool same_quantization(const Tensor& a, const Tensor& b) {
  return a.quantization.scales == b.quantization.scales && a.quantization.zero_points == b.quantization.zero_points;
}

class Int8Validator {
 public:
  explicit Int8Validator(const Graph& graph) : graph_(graph) {}

  std::vector<std::string> run() {
    for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
      const Operator& op = graph_.operators[i];
      place_ = "operator " + std::to_string(i) + " (" + to_text(op.type) + " " + op.name + ")";
      check(op);
    }
    return std::move(problems_);
  }

 private:
  void problem(const std::string& rule) { problems_.push_back(place_ + ": " + rule); }
  const Tensor& input(const Operator& op, std::size_t i) const { return graph_.tensor(op.inputs[i]); }
  const Tensor& output(const Operator& op) const { return graph_.tensor(op.outputs[0]); }

  void check(const Operator& op) {
    if (op.type == OpType::kQuantize) return check_float_or_int8(input(op, 0), output(op));
    if (op.type == OpType::kDequantize) return check_dequantize(op);
    if (!is_int8_activation(input(op, 0)) || !is_int8_activation(output(op))) {
      return problem("input and output must be int8 with one scale and a zero point in [-128,127]");
    }
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kDepthwiseConv2D:
      case OpType::kFullyConnected:
        return check_weights(op);
      case OpType::kAdd:
      case OpType::kMul:
        return check_operands(op);
      case OpType::kConcat:
        return check_concat(op);
      case OpType::kSoftmax:
        return check_softmax(op);
      case OpType::kMean:
        return check_depth(input(op, 0).elements() / output(op).elements());
      case OpType::kAveragePool2D:
        check_depth(std::int64_t{op.kernel_h} * op.kernel_w);
        [[fallthrough]];
      default:
        if (!same_quantization(input(op, 0), output(op))) problem("must keep scale and zero point");
    }
  }

  void check_float_or_int8(const Tensor& either, const Tensor& int8) {
    if (!is_int8_activation(int8) || (either.type != DataType::kFloat32 && !is_int8_activation(either))) {
      problem("must go between float32 and int8, or from int8 to int8");
    }
  }

  void check_dequantize(const Operator& op) {
    if (!is_int8_activation(input(op, 0)) || output(op).type != DataType::kFloat32) {
      problem("must go from int8 to float32");
    }
  }

  void check_weights(const Operator& op) {
    const Tensor &weights = input(op, 1), &bias = input(op, 2);
    const Quantization& q = weights.quantization;
    if (!std::holds_alternative<std::vector<std::int8_t>>(weights.data))
      return problem("weights must be int8 constants");
    if (!std::holds_alternative<std::vector<std::int32_t>>(bias.data)) return problem("bias must be an int32 constant");
    const int channels = output(op).shape.back();
    const auto scales = static_cast<int>(q.scales.size());
    const int axis = op.type == OpType::kDepthwiseConv2D ? 3 : 0;
    if (scales != 1 && scales != channels) return problem("weights need one scale, or one per output channel");
    if (scales > 1 && q.axis != axis) problem("weights must have their scales along axis " + std::to_string(axis));
    const bool symmetric = std::all_of(q.zero_points.begin(), q.zero_points.end(), [](int zero) { return zero == 0; });
    if (!symmetric) problem("weights must have zero point 0");
    const std::int64_t outputs = op.type == OpType::kDepthwiseConv2D ? weights.shape[3] : weights.shape[0];
    check_depth(weights.elements() / outputs);
  }

  void check_depth(std::int64_t terms) {
    if (terms > kMaxDepth) problem("sums more than 65536 terms");
  }

  void check_concat(const Operator& op) {
    check_operands(op);
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      if (!same_quantization(input(op, i), output(op))) return problem("must keep scale and zero point of all inputs");
    }
  }

  void check_operands(const Operator& op) {
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      const Tensor& operand = input(op, i);
      if (!is_int8_activation(operand)) return problem("inputs must be int8 with one scale");
      const bool filled = std::holds_alternative<std::vector<std::int8_t>>(operand.data);
      if (operand.constant && !filled) return problem("a constant input must be filled in");
    }
  }

  void check_softmax(const Operator& op) {
    const Quantization& q = output(op).quantization;
    if (q.scales[0] != 1.0f / 256 || q.zero_points[0] != -128) problem("must write scale 1/256, zero point -128");
    if (output(op).shape.back() > kMaxSoftmax) problem("is over more than 4095 values");
  }

  const Graph& graph_;
  std::string place_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> validate_int8(const Graph& graph) { return Int8Validator(graph).run(); }

}  // namespace thimble
