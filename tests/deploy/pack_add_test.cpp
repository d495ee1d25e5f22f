#include <algorithm>

#include "deploy/host_executor.hpp"
#include "deploy/kernels/add.h"
#include "deploy/pack/add.hpp"
#include "deploy/pack/mul.hpp"
#include "graph/int8_interpreter.hpp"
#include "tests/catch.hpp"
#include "tests/graph/random_int8.hpp"

using namespace thimble;

namespace {

/// Scales whose ratios are those of small integers: many sums lie in the middle between two outputs.
Quantization integer_ratio(Rng& rng) {
  return {{static_cast<float>(0.02 * rng.between(1, 8) / rng.between(1, 8))}, {rng.between(-128, 127)}};
}

int add_tensor(Graph& graph, Shape shape, const Quantization& quantization) {
  Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.type = DataType::kInt8;
  tensor.quantization = quantization;
  return graph.add(std::move(tensor));
}

Graph one_addition(Rng& rng, const Shape& shape) {
  Graph graph;
  graph.inputs = {add_tensor(graph, shape, integer_ratio(rng))};
  graph.outputs = {add_tensor(graph, shape, integer_ratio(rng))};
  return graph;
}

void append(Graph& graph, OpType type, std::vector<int> inputs, int output) {
  Operator op;
  op.type = type;
  op.name = "op" + std::to_string(graph.operators.size());
  op.inputs = std::move(inputs);
  op.outputs = {output};
  if (type == OpType::kMean) op.axes = {1, 2};
  graph.operators.push_back(std::move(op));
}

/// c + x, or c x: all 65536 pairs of values.
Graph constant_first(Rng& rng, OpType type = OpType::kAdd) {
  Graph graph = one_addition(rng, {1, 1, 256, 256});
  const int constant = add_tensor(graph, {256}, integer_ratio(rng));
  std::vector<std::int8_t> values(256);
  for (int i = 0; i < 256; ++i) values[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i - 128);
  graph.tensor(constant).data = values;
  graph.tensor(constant).constant = true;
  append(graph, type, {constant, graph.inputs[0]}, graph.outputs[0]);
  return graph;
}

/// mean(x) + x, or mean(x) x.
Graph broadcast_first(Rng& rng, OpType type = OpType::kAdd) {
  Graph graph = one_addition(rng, {1, 2, 128, 64});
  const int mean = add_tensor(graph, {1, 1, 1, 64}, integer_ratio(rng));
  append(graph, OpType::kMean, {graph.inputs[0]}, mean);
  append(graph, type, {mean, graph.inputs[0]}, graph.outputs[0]);
  return graph;
}

void check_against_reference(const Graph& graph) {
  std::vector<std::int8_t> input(static_cast<std::size_t>(graph.tensor(graph.inputs[0]).elements()));
  const std::size_t channels = static_cast<std::size_t>(graph.tensor(graph.inputs[0]).shape.back());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::int8_t>(i / channels + 5 * (i % channels));
  const Int8Interpreter reference(graph);
  Int8Workspace expected = reference.workspace();
  reference.run(input, expected);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  HostExecutor executor(*plan, graph);
  REQUIRE(executor.run(input) == expected.values[static_cast<std::size_t>(graph.outputs[0])]);
}

}  // namespace

TEST_CASE("additions whose first input is the constant or the broadcast one", "[deploy][pack]") {
  int wide = 0;
  for (int seed = 1; seed <= 150; ++seed) {
    Rng rng({static_cast<std::uint64_t>(seed), 41});
    INFO("seed " << seed);
    for (const Graph& graph : {constant_first(rng), broadcast_first(rng)}) {
      wide += !add_is_short(graph, graph.operators.back());
      check_against_reference(graph);
    }
  }
  CHECK(wide > 10);  // scales without a short form are among them
}

TEST_CASE("products whose first input is the constant or the broadcast one", "[deploy][pack]") {
  int wide = 0;
  for (int seed = 1; seed <= 100; ++seed) {
    Rng rng({static_cast<std::uint64_t>(seed), 43});
    INFO("seed " << seed);
    for (Graph graph : {constant_first(rng, OpType::kMul), broadcast_first(rng, OpType::kMul)}) {
      graph.tensor(graph.outputs[0]).quantization.scales[0] *= static_cast<float>(rng.between(1, 4));
      wide += !mul_is_short(graph, graph.operators.back());
      check_against_reference(graph);
    }
  }
  CHECK(wide > 10);
}

TEST_CASE("short forms of additions give TFLite's result for all pairs", "[deploy][pack]") {
  int found = 0;
  for (int seed = 1; seed <= 60; ++seed) {
    Rng rng({static_cast<std::uint64_t>(seed), 42});
    const Graph graph = constant_first(rng);
    AddParameters p = add_parameters(graph, graph.operators[0]);
    const auto form = find_short_add(p);
    if (!form) continue;
    ++found;
    int wrong = 0;
    for (int a = -128; a < 128; ++a) {
      for (int b = -128; b < 128; ++b) {
        const std::int64_t sum =
            (std::int64_t{form->alpha} * a >> 8) + (std::int64_t{form->beta} * b >> 8) + form->gamma;
        REQUIRE(std::abs(sum) <= INT32_MAX);
        const auto y = std::clamp<std::int64_t>(sum >> THIMBLE_ADD_SHIFT, -128, 127);
        wrong += y != add_elements(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), p);
      }
    }
    INFO("seed " << seed);
    CHECK(wrong == 0);
  }
  CHECK(found > 20);
}
