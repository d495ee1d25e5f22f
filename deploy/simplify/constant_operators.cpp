#include "deploy/simplify/constant_operators.hpp"

#include <algorithm>

#include "deploy/simplify/graph_edit.hpp"
#include "graph/int8_interpreter.hpp"

namespace thimble {
namespace {

/// Whether the operator may have a constant in the place of the tensor.
bool takes_constant(const Operator& op) {
  return op.type == OpType::kAdd || op.type == OpType::kMul || op.type == OpType::kConcat;
}

bool is_known(const Graph& graph, int tensor) {
  return std::holds_alternative<std::vector<std::int8_t>>(graph.tensor(tensor).data);
}

/// The operator's output: a graph of it alone, whose first input is what runs through.
std::vector<std::int8_t> computed(const Graph& graph, const Operator& op) {
  Graph alone;
  Operator copy = op;
  const Tensor& first = graph.tensor(op.inputs[0]);
  copy.inputs = {alone.add(like(first, first.name, first.shape))};
  for (std::size_t i = 1; i < op.inputs.size(); ++i) copy.inputs.push_back(alone.add(graph.tensor(op.inputs[i])));
  copy.outputs = {alone.add(graph.tensor(op.outputs[0]))};
  alone.operators = {copy};
  alone.inputs = {copy.inputs[0]};
  alone.outputs = copy.outputs;
  const Int8Interpreter network(alone);
  Int8Workspace workspace = network.workspace();
  network.run(std::span<const std::int8_t>(std::get<std::vector<std::int8_t>>(first.data)), workspace);
  return workspace.values[static_cast<std::size_t>(copy.outputs[0])];
}

}  // namespace

bool may_be_constant(const Graph& graph, const std::vector<std::vector<int>>& readers, int tensor) {
  const std::vector<int>& of_tensor = readers[static_cast<std::size_t>(tensor)];
  return !is_output(graph, tensor) && std::all_of(of_tensor.begin(), of_tensor.end(), [&](int reader) {
    return takes_constant(graph.operators[static_cast<std::size_t>(reader)]);
  });
}

int fold_constants(Graph& graph) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  std::vector<bool> erased(graph.operators.size(), false);
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    const bool known =
        std::all_of(op.inputs.begin(), op.inputs.end(), [&](int input) { return is_known(graph, input); });
    if (!known || !takes_constant(op) || !may_be_constant(graph, readers, op.outputs[0])) continue;
    std::vector<std::int8_t> values = computed(graph, op);
    Tensor& output = graph.tensor(op.outputs[0]);
    output.data = std::move(values);
    output.constant = true;
    erased[i] = true;
  }
  erase_operators(graph, erased);
  return static_cast<int>(std::count(erased.begin(), erased.end(), true));
}

}  // namespace thimble
