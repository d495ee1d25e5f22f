#include "deploy/pack/elementwise.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "deploy/kernels/thimble.h"

namespace thimble {
namespace {

/// Nothing where the shape is neither the output's, nor one pixel of it, nor one element.
std::optional<std::uint8_t> broadcast_of(const Shape& shape, const Shape& out) {
  const std::int64_t elements = element_count(shape);
  if (elements == element_count(out)) return THIMBLE_SAME;
  if (elements == 1) return THIMBLE_ELEMENT;
  if (!shape.empty() && shape.back() == out.back() && elements == out.back()) return THIMBLE_PIXEL;
  return std::nullopt;
}

}  // namespace

Result<Operands, std::string> operands_of(const Graph& graph, const Operator& op) {
  const Shape& out = output_of(graph, op).shape;
  const auto tensor = [&](int i) -> const Tensor& { return graph.tensor(op.inputs.at(static_cast<std::size_t>(i))); };
  const auto may_be_first = [&](int i) { return !tensor(i).constant && tensor(i).elements() == element_count(out); };
  if (!may_be_first(0) && !may_be_first(1)) return std::string("both inputs are broadcast, or constants");
  Operands operands;
  operands.first = may_be_first(0) ? 0 : 1;
  operands.second = 1 - operands.first;
  const auto broadcast = broadcast_of(tensor(operands.second).shape, out);
  if (!broadcast) return std::string("an input is broadcast along other dimensions than all but the last");
  operands.broadcast = *broadcast;
  operands.constant = tensor(operands.second).constant;
  operands.is_lookup = operands.constant && tensor(operands.second).elements() == 1;
  return operands;
}

std::vector<int> layer_inputs(const Graph& graph, const Operator& op) {
  std::vector<int> inputs;
  for (int tensor : op.inputs)
    if (!graph.tensor(tensor).constant) inputs.push_back(tensor);
  if (op.type != OpType::kAdd && op.type != OpType::kMul) return inputs;
  const auto operands = operands_of(graph, op);
  if (operands && inputs.size() == 2 && operands->first == 1) std::swap(inputs[0], inputs[1]);
  return inputs;
}

Words constant_operand(const Graph& graph, const Operator& op, const Operands& operands) {
  if (!operands.constant) return {};
  const Tensor& tensor = graph.tensor(op.inputs.at(static_cast<std::size_t>(operands.second)));
  const std::vector<std::int8_t>& values = data_of<std::int8_t>(tensor);
  Words words((values.size() + 3) / 4);
  std::memcpy(words.data(), values.data(), values.size());
  return words;
}

std::int64_t constant_operand_bytes(const Graph& graph, const Operator& op, const Operands& operands) {
  if (!operands.constant) return 0;
  return (graph.tensor(op.inputs.at(static_cast<std::size_t>(operands.second))).elements() + 3) / 4 * 4;
}

}  // namespace thimble
