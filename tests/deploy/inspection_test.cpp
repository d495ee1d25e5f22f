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
