#include "deploy/simplify/graph_edit.hpp"

#include <algorithm>

namespace thimble {

bool has_filters(OpType type) {
  return type == OpType::kConv2D || type == OpType::kDepthwiseConv2D || type == OpType::kFullyConnected;
}

std::vector<std::vector<int>> readers_of(const Graph& graph) {
  std::vector<std::vector<int>> readers(graph.tensors.size());
  for (std::size_t i = 0; i < graph.operators.size(); ++i)
    for (int input : graph.operators[i].inputs) readers[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
  return readers;
}

std::vector<int> writers_of(const Graph& graph) {
  std::vector<int> writers(graph.tensors.size(), -1);
  for (std::size_t i = 0; i < graph.operators.size(); ++i)
    for (int output : graph.operators[i].outputs) writers[static_cast<std::size_t>(output)] = static_cast<int>(i);
  return writers;
}

bool is_output(const Graph& graph, int tensor) {
  return std::find(graph.outputs.begin(), graph.outputs.end(), tensor) != graph.outputs.end();
}

bool same_quantization(const Tensor& a, const Tensor& b) {
  return a.quantization.scales.size() == 1 && a.quantization.scales == b.quantization.scales &&
         a.quantization.zero_points == b.quantization.zero_points;
}

void redirect(Graph& graph, int from, int to) {
  for (Operator& op : graph.operators) std::replace(op.inputs.begin(), op.inputs.end(), from, to);
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
}

void erase_operators(Graph& graph, const std::vector<bool>& erased) {
  std::vector<Operator> kept;
  for (std::size_t i = 0; i < graph.operators.size(); ++i)
    if (!erased[i]) kept.push_back(std::move(graph.operators[i]));
  graph.operators = std::move(kept);
}

Tensor like(const Tensor& tensor, std::string name, Shape shape) {
  Tensor result;
  result.name = std::move(name);
  result.shape = std::move(shape);
  result.type = tensor.type;
  result.quantization = tensor.quantization;
  return result;
}

}  // namespace thimble
