#include "deploy/pack/mul.hpp"

#include "deploy/kernels/mul.h"
#include "deploy/pack/tensor_channel.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {

bool mul_is_relu(const Graph& graph, const Operator& op) {
  const auto lowest = [&](int tensor) { return zero_point_of(graph.tensor(tensor)) == -128; };
  return op.activation != Activation::kNone || (lowest(op.inputs.at(0)) && lowest(op.inputs.at(1)));
}

PackResult pack_mul(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  THIMBLE_CHECK(operands.has_value(), op.name + ": operands");
  const auto channel = tensor_channel(tensor_multiplier(graph, op), 255 * 255);
  if (!channel) return op.name + ": scales of the operands and the output lie too far apart for the int8 kernel";
  const int second = op.inputs.at(static_cast<std::size_t>(operands->second));
  Words words{static_cast<std::uint32_t>(zero_point_of(graph.tensor(second))),
              static_cast<std::uint32_t>(channel->multiplier), channel->shifts};
  const Words constant = constant_operand(graph, op, *operands);
  words.insert(words.end(), constant.begin(), constant.end());
  return words;
}

std::int64_t mul_bytes(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  return 4 * THIMBLE_MUL_WORDS + (operands ? constant_operand_bytes(graph, op, *operands) : 0);
}

}  // namespace thimble
