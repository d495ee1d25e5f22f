#include "tests/graph/golden.hpp"

#include "tests/graph/golden_layers.hpp"

using namespace thimble;
using namespace thimble::test;

TEST_CASE("every layer of the golden models is TFLite's, bit for bit", "[graph][golden]") {
  for (const GoldenModel& model : kGoldenModels) {
    const std::filesystem::path folder = test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    INFO(model.name);
    CHECK(wrong_layers(load_golden(folder / model.file), folder, true) == std::vector<std::string>{});
  }
}

TEST_CASE("golden models with int8 input and output give outputs.bin", "[graph][golden]") {
  for (const GoldenModel& model : kGoldenModels) {
    const std::filesystem::path folder = test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    INFO(model.name);
    const Graph graph = load_golden(folder / (model.int8_file.empty() ? model.file : model.int8_file));
    const Int8Interpreter network(graph);
    Int8Workspace workspace = network.workspace();
    const std::vector<std::int8_t> inputs = read_int8(folder / "inputs.bin");
    const std::size_t size = workspace.values[static_cast<std::size_t>(graph.inputs[0])].size();
    std::vector<std::int8_t> outputs;
    for (std::size_t first = 0; first < inputs.size(); first += size) {
      network.run(std::span(inputs).subspan(first, size), workspace);
      for (int output : graph.outputs) {
        const std::vector<std::int8_t>& values = workspace.values[static_cast<std::size_t>(output)];
        outputs.insert(outputs.end(), values.begin(), values.end());
      }
    }
    CHECK((outputs == read_int8(folder / "outputs.bin")));
  }
}
