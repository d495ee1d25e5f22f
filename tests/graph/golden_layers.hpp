#pragma once
#include "graph/base/hash.hpp"
#include "graph/int8_interpreter.hpp"
#include "tests/graph/golden.hpp"

namespace thimble::test {

inline Graph load_golden(const std::filesystem::path& path) {
  auto imported = load_tflite(path.string());
  if (!imported) FAIL(to_text(imported.error()));
  return *imported;
}

/// Runs one case; a float input gets the values that quantise to `input`.
inline void run_case(const Graph& graph, const Int8Interpreter& network, std::span<const std::int8_t> input,
                     Int8Workspace& workspace) {
  if (graph.tensor(graph.inputs[0]).type == DataType::kInt8) return network.run(input, workspace);
  const Quantization& q = graph.tensor(graph.operators[0].outputs[0]).quantization;
  std::vector<float> real;
  for (std::int8_t x : input) real.push_back(q.scales[0] * static_cast<float>(x - q.zero_points[0]));
  network.run(real, workspace);
}

/// "op 3 CONV_2D" for every operator whose output is not the golden one, over all seeds.
/// @param same_tensors  tensors must have the indices of the file, too
inline std::vector<std::string> wrong_layers(const Graph& graph, const std::filesystem::path& folder,
                                             bool same_tensors) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  const std::vector<std::int8_t> inputs = read_int8(folder / "inputs.bin");
  const auto size = static_cast<std::size_t>(graph.tensor(graph.inputs[0]).elements());
  std::vector<std::string> wrong;
  int seed = 0;
  for (const GoldenLayer& layer : read_layers(folder / "layers.txt")) {
    if (layer.seed != seed) {
      run_case(graph, network, std::span(inputs).subspan(static_cast<std::size_t>(layer.seed - 1) * size, size),
               workspace);
    }
    seed = layer.seed;
    const Operator& op = graph.operators.at(static_cast<std::size_t>(layer.op));
    const auto bytes = tensor_bytes(workspace, graph, op.outputs[0]);
    const bool same = (!same_tensors || op.outputs[0] == layer.tensor) && bytes.size() == layer.bytes &&
                      tflite_name(op.type) == layer.name && crc32_of(bytes.data(), bytes.size()) == layer.crc;
    if (!same) wrong.push_back("seed " + std::to_string(seed) + " op " + std::to_string(layer.op) + " " + layer.name);
  }
  REQUIRE(seed > 0);
  return wrong;
}

}  // namespace thimble::test
