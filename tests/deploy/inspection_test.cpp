#include "deploy/inspection.hpp"

#include "graph/base/run_process.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;

TEST_CASE("an inspection lists every layer with its memory, and adds up", "[deploy][inspection]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const CodeInventory inventory = measure_code(Target{}, "");
  Rng rng({8});
  const SearchSpace space = test::small_space();
  Graph graph = to_graph(space, sample(space, rng));
  const Inspection facts = inspect(graph, inventory);
  CHECK(facts.unsupported.empty());
  CHECK(facts.layers.size() == graph.operators.size());
  std::int64_t sum = 0;
  for (const LayerInspection& layer : facts.layers) {
    sum += layer.macs;
    for (const ArenaRange& range : layer.arena)
      CHECK((range.begin >= 0 && range.begin < range.end && range.end <= facts.size.arena_bytes));
    CHECK(layer.kernel.starts_with("thimble_"));
    CHECK(layer.window.has_value() == (layer.op != "add" && layer.op != "fully_connected"));
  }
  const LayerInspection& stem = facts.layers.front();
  const int side = graph.tensor(graph.inputs[0]).shape[1];
  CHECK(stem.in_shapes == std::vector<Shape>{{1, side, side, 3}});
  CHECK(stem.out_shape == graph.tensor(graph.operators[0].outputs[0]).shape);
  REQUIRE(stem.window);
  CHECK((stem.window->height == 3 && stem.window->width == 3 && stem.window->stride_h == 2));
  CHECK(facts.layers.back().out_shape == Shape{1, 3});
  CHECK(sum == facts.macs);
  CHECK(facts.params == params(graph));
  CHECK(facts.size.weight_bytes >= facts.params);  // int8 weights, int32 biases, multipliers
  CHECK(facts.size.peak_sram_bytes() > facts.size.arena_bytes);

  graph.operators[2].type = OpType::kMul;
  const Inspection broken = inspect(graph, inventory);
  REQUIRE(broken.unsupported.size() == 1);
  CHECK(broken.layers.empty());
}

namespace {

/// x -> conv -> conv; a bias of the first and of the second may be what no kernel holds.
Graph two_convolutions(std::int32_t bias, int weight) {
  Graph graph;
  const auto activation = [&] {
    Tensor tensor;
    tensor.shape = {1, 4, 4, 4};
    tensor.type = DataType::kInt8;
    tensor.quantization = {{0.05f}, {100}, 0};
    return graph.add(tensor);
  };
  graph.inputs = {activation()};
  int last = graph.inputs[0];
  for (const char* name : {"first", "second"}) {
    Tensor weights, biases;
    weights.shape = {4, 1, 1, 4};
    weights.type = DataType::kInt8;
    weights.quantization = {{1.0f}, {0}, 0};
    weights.data = std::vector<std::int8_t>(16, static_cast<std::int8_t>(weight));
    biases.shape = {4};
    biases.type = DataType::kInt32;
    biases.data = std::vector<std::int32_t>{0, 0, bias, 0};
    weights.constant = biases.constant = true;
    Operator op;
    op.type = OpType::kConv2D;
    op.name = name;
    op.inputs = {last, graph.add(weights), graph.add(biases)};
    last = activation();
    op.outputs = {last};
    graph.operators.push_back(op);
  }
  graph.outputs = {last};
  return graph;
}

}  // namespace

TEST_CASE("what packing will refuse is told by inspection, all of it", "[deploy][inspection]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const CodeInventory inventory = measure_code(Target{}, "");
  CHECK(inspect(two_convolutions(1000, 3), inventory).unsupported.empty());
  CHECK(inspect(two_convolutions(0, -128), inventory).unsupported.empty());
  const Inspection facts = inspect(two_convolutions(INT32_MAX - 3000, 3), inventory);
  REQUIRE(facts.unsupported.size() == 2);
  CHECK(facts.unsupported[0].starts_with("first: output channel 2: "));
  CHECK(facts.unsupported[1].starts_with("second: output channel 2: "));
}

TEST_CASE("a cached inventory is the measured one, and a broken cache is measured anew", "[deploy][code_inventory]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const CodeInventory measured = measure_code(Target{}, "");
  const std::optional<CodeInventory> read = inventory_from_text(to_text(measured));
  REQUIRE(read);
  CHECK(to_text(*read) == to_text(measured));
  CHECK(measured.model_bytes > 20);
  CHECK_FALSE(inventory_from_text("{\"compiler\": \"x\""));
}
