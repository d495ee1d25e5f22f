#include "deploy/simplify/float_edges.hpp"

#include <algorithm>

#include "deploy/simplify/graph_edit.hpp"

namespace thimble {
namespace {

bool all_quantize_alike(const Graph& graph, const std::vector<int>& readers) {
  if (readers.empty()) return false;
  const auto written = [&](int op) -> const Operator& { return graph.operators[static_cast<std::size_t>(op)]; };
  return std::all_of(readers.begin(), readers.end(), [&](int op) {
    return written(op).type == OpType::kQuantize &&
           same_quantization(graph.tensor(written(op).outputs.at(0)), graph.tensor(written(readers[0]).outputs.at(0)));
  });
}

}  // namespace

int drop_float_edges(Graph& graph) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  const std::vector<int> writers = writers_of(graph);
  std::vector<bool> erased(graph.operators.size(), false);
  for (int& input : graph.inputs) {
    const std::vector<int>& of_input = readers[static_cast<std::size_t>(input)];
    if (graph.tensor(input).type != DataType::kFloat32 || is_output(graph, input)) continue;
    if (!all_quantize_alike(graph, of_input)) continue;
    const int quantized = graph.operators[static_cast<std::size_t>(of_input[0])].outputs.at(0);
    for (int op : of_input) {
      erased[static_cast<std::size_t>(op)] = true;
      redirect(graph, graph.operators[static_cast<std::size_t>(op)].outputs.at(0), quantized);
    }
    input = quantized;
  }
  for (int& output : graph.outputs) {
    const int writer = writers[static_cast<std::size_t>(output)];
    if (writer < 0 || graph.operators[static_cast<std::size_t>(writer)].type != OpType::kDequantize) continue;
    // Where others read the real values too, the operator stays for them.
    erased[static_cast<std::size_t>(writer)] = readers[static_cast<std::size_t>(output)].empty();
    output = graph.operators[static_cast<std::size_t>(writer)].inputs.at(0);
  }
  erase_operators(graph, erased);
  return static_cast<int>(std::count(erased.begin(), erased.end(), true));
}

}  // namespace thimble
