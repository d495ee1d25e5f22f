#include "deploy/simplify/unused.hpp"

#include <algorithm>

#include "deploy/simplify/graph_edit.hpp"

namespace thimble {

int remove_unused_operators(Graph& graph) {
  std::vector<bool> needed(graph.tensors.size(), false), erased(graph.operators.size(), false);
  const auto need = [&](int tensor) { needed[static_cast<std::size_t>(tensor)] = true; };
  for (int output : graph.outputs) need(output);
  for (std::size_t i = graph.operators.size(); i-- > 0;) {
    const Operator& op = graph.operators[i];
    erased[i] = std::none_of(op.outputs.begin(), op.outputs.end(),
                             [&](int output) { return needed[static_cast<std::size_t>(output)]; });
    if (erased[i]) continue;
    for (int input : op.inputs) need(input);
  }
  erase_operators(graph, erased);
  return static_cast<int>(std::count(erased.begin(), erased.end(), true));
}

void remove_unused_tensors(Graph& graph) {
  std::vector<int> number(graph.tensors.size(), -1);
  const auto name = [&](const std::vector<int>& tensors) {
    for (int tensor : tensors) number[static_cast<std::size_t>(tensor)] = 0;
  };
  name(graph.inputs);
  name(graph.outputs);
  for (const Operator& op : graph.operators) {
    name(op.inputs);
    name(op.outputs);
  }
  std::vector<Tensor> kept;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] < 0) continue;
    number[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(graph.tensors[i]));
  }
  graph.tensors = std::move(kept);
  const auto renumber = [&](std::vector<int>& tensors) {
    for (int& tensor : tensors) tensor = number[static_cast<std::size_t>(tensor)];
  };
  renumber(graph.inputs);
  renumber(graph.outputs);
  for (Operator& op : graph.operators) {
    renumber(op.inputs);
    renumber(op.outputs);
  }
}

}  // namespace thimble
