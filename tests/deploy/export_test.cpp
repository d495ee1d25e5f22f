#include <map>

#include "graph/int8_interpreter.hpp"
#include "graph/tflite_export.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// The outputs of all operators by name.
std::map<std::string, std::vector<std::int8_t>> layers_of(const Graph& graph, std::span<const std::int8_t> input) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  network.run(input, workspace);
  std::map<std::string, std::vector<std::int8_t>> layers;
  for (const Operator& op : graph.operators)
    layers[op.name] = workspace.values[static_cast<std::size_t>(op.outputs[0])];
  return layers;
}

}  // namespace

TEST_CASE("quantised subnets come back from a .tflite with every layer's bits", "[deploy][tflite]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    const RandomNetwork network = random_network(seed);
    const auto bytes = export_tflite(network.int8);
    REQUIRE(bytes);
    const auto back = import_tflite(*bytes, "subnet.tflite");
    REQUIRE(back);
    REQUIRE(macs(*back) == macs(network.int8));
    for (const std::vector<float>& input : random_inputs(network.int8, 3, seed + 100)) {
      const std::vector<std::int8_t> x = quantize_input(network.int8, input);
      const auto expected = layers_of(network.int8, x), found = layers_of(*back, x);
      for (const auto& [name, values] : expected) {
        INFO(name);
        REQUIRE(found.count(name) == 1);
        REQUIRE(found.at(name) == values);
      }
    }
  }
}
