#include "tests/fuzz/seeds.hpp"

#include "graph/tflite_export.hpp"
#include "tests/graph/random_int8.hpp"
#include "tests/graph/tflite_writer.hpp"

namespace thimble::test {

std::vector<std::vector<std::uint8_t>> seed_files() {
  std::vector<std::vector<std::uint8_t>> files = {depthwise_model().bytes()};
  GraphBuilder with_floats({1, 4, 4, 2}, 1);
  with_floats.append({.type = OpType::kQuantize, .inputs = {0}}, {1, 4, 4, 2});
  with_floats.conv(3, 3, 3, 2, {1, 1, 1, 1}, Activation::kRelu6);
  with_floats.append({.type = OpType::kDequantize, .inputs = {with_floats.last()}}, with_floats.shape());
  quantize_at_random(with_floats.graph, 1, true);
  for (int end : {with_floats.graph.inputs[0], with_floats.last()}) {
    with_floats.graph.tensor(end).type = DataType::kFloat32;
    with_floats.graph.tensor(end).quantization = {};
  }
  files.push_back(export_tflite(with_floats.graph).value());
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto file = export_tflite(RandomInt8Graph(seed).graph());
    if (file && file->size() < 6000) files.push_back(*file);
  }
  return files;
}

}  // namespace thimble::test
