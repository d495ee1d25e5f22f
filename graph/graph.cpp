#include "graph/graph.hpp"

#include <limits>
#include <set>

#include "graph/base/check.hpp"

namespace thimble {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (int dimension : shape) {
    if (__builtin_mul_overflow(count, static_cast<std::int64_t>(dimension), &count)) {
      return std::numeric_limits<std::int64_t>::max();
    }
  }
  return count;
}

std::int64_t Tensor::bytes() const {
  const std::int64_t count = elements(), size = type == DataType::kInt8 ? 1 : 4;
  return count > std::numeric_limits<std::int64_t>::max() / size ? std::numeric_limits<std::int64_t>::max()
                                                                 : count * size;
}

int Graph::add(Tensor tensor) {
  tensors.push_back(std::move(tensor));
  return static_cast<int>(tensors.size()) - 1;
}

const char* to_text(OpType type) {
  switch (type) {
    case OpType::kConv2D:
      return "conv2d";
    case OpType::kDepthwiseConv2D:
      return "depthwise_conv2d";
    case OpType::kFullyConnected:
      return "fully_connected";
    case OpType::kAdd:
      return "add";
    case OpType::kAveragePool2D:
      return "average_pool2d";
    case OpType::kMaxPool2D:
      return "max_pool2d";
    case OpType::kReshape:
      return "reshape";
    case OpType::kSoftmax:
      return "softmax";
    case OpType::kMul:
      return "mul";
    case OpType::kPad:
      return "pad";
    case OpType::kMean:
      return "mean";
    case OpType::kTranspose:
      return "transpose";
    case OpType::kResizeNearest:
      return "resize_nearest";
    case OpType::kQuantize:
      return "quantize";
    case OpType::kDequantize:
      return "dequantize";
    case OpType::kConcat:
      return "concat";
  }
  THIMBLE_CHECK(false, "an OpType without a name");
}

const char* to_text(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return "none";
    case Activation::kRelu:
      return "relu";
    case Activation::kRelu6:
      return "relu6";
  }
  THIMBLE_CHECK(false, "an Activation without a name");
}

std::int64_t macs(const Graph& graph, const Operator& op) {
  if (op.outputs.empty() || op.inputs.size() < 2) return 0;
  const std::int64_t outputs = graph.tensor(op.outputs[0]).elements();
  const Shape& weights = graph.tensor(op.inputs[1]).shape;
  switch (op.type) {
    case OpType::kConv2D:
      return outputs * weights.at(1) * weights.at(2) * weights.at(3);
    case OpType::kDepthwiseConv2D:
      return outputs * weights.at(1) * weights.at(2);
    case OpType::kFullyConnected:
      return outputs * weights.at(1);
    default:
      return 0;
  }
}

std::int64_t macs(const Graph& graph) {
  std::int64_t sum = 0;
  for (const Operator& op : graph.operators) sum += macs(graph, op);
  return sum;
}

std::int64_t params(const Graph& graph) {
  std::set<int> read;
  for (const Operator& op : graph.operators) read.insert(op.inputs.begin(), op.inputs.end());
  std::int64_t sum = 0;
  for (int index : read) sum += graph.tensor(index).constant ? graph.tensor(index).elements() : 0;
  return sum;
}

}  // namespace thimble
