// Writes networks as ONNX beside what our interpreter computes, for onnx_export_test.py:
//   cases.txt   lines "case NAME", then "layer NAME TYPE D0,D1,..." per operator in execution order, tabs between words
//   NAME.onnx   the model; NAME.input: its input tensor; NAME.layers: the outputs of all operators, one after the other
#include <cstdio>
#include <fstream>

#include "graph/int8_interpreter.hpp"
#include "graph/onnx_export.hpp"
#include "graph/tflite_import.hpp"
#include "tests/graph/random_int8.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

void write(const std::string& path, const void* data, std::size_t bytes) {
  std::ofstream(path, std::ios::binary).write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
}

std::string text_of(const Shape& shape) {
  std::string text;
  for (int dimension : shape) text += (text.empty() ? "" : ",") + std::to_string(dimension);
  return text;
}

/// Runs one input; float inputs are what the first QUANTIZE maps to `x`.
void run(const Graph& graph, const Int8Values& x, Int8Workspace& workspace, const std::string& input_file) {
  const Int8Interpreter network(graph);
  workspace = network.workspace();
  if (graph.tensor(graph.inputs[0]).type == DataType::kInt8) {
    write(input_file, x.data(), x.size());
    return network.run(x, workspace);
  }
  const Quantization& q = graph.tensor(graph.operators[0].outputs[0]).quantization;
  std::vector<float> real;
  for (std::int8_t value : x) real.push_back(q.scales[0] * static_cast<float>(value - q.zero_points[0]));
  write(input_file, real.data(), real.size() * sizeof(float));
  network.run(real, workspace);
}

void write_case(const Graph& graph, const std::string& name, std::uint64_t seed, const std::string& folder,
                std::ofstream& list) {
  const std::string base = folder + "/" + name, model = export_onnx(graph);
  write(base + ".onnx", model.data(), model.size());
  Rng rng({seed, 11});
  Int8Workspace workspace;
  run(graph, random_int8(graph.tensor(graph.inputs[0]).elements(), rng), workspace, base + ".input");
  list << "case\t" << name << '\n';
  std::vector<std::byte> layers;
  for (const Operator& op : graph.operators) {
    const Tensor& output = graph.tensor(op.outputs[0]);
    const auto bytes = tensor_bytes(workspace, graph, op.outputs[0]);
    layers.insert(layers.end(), bytes.begin(), bytes.end());
    list << "layer\t" << op.name << '\t' << (output.type == DataType::kInt8 ? "int8" : "float32") << '\t'
         << text_of(output.shape) << '\n';
  }
  write(base + ".layers", layers.data(), layers.size());
}

}  // namespace

/// Arguments: the folder, the number of random networks, .tflite files.
int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string folder = argv[1];
  std::ofstream list(folder + "/cases.txt");
  for (int seed = 0; seed < std::stoi(argv[2]); ++seed) {
    write_case(RandomInt8Graph(static_cast<std::uint64_t>(seed)).graph(), "random" + std::to_string(seed),
               static_cast<std::uint64_t>(seed), folder, list);
  }
  for (int i = 3; i < argc; ++i) {
    auto graph = load_tflite(argv[i]);
    if (!graph) {
      std::fprintf(stderr, "%s", to_text(graph.error()).c_str());
      return 1;
    }
    write_case(*graph, graph->name, 1, folder, list);
  }
  return 0;
}
