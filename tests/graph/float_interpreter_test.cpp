#include "graph/float_interpreter.hpp"

#include <numeric>
#include <thread>

#include "tests/catch.hpp"
#include "tests/graph/graph_builder.hpp"
#include "tests/graph/naive.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

std::vector<float> run(const Graph& graph, const std::vector<float>& input) {
  const FloatInterpreter network(graph);
  FloatWorkspace workspace = network.workspace();
  network.run(input, workspace);
  return workspace.values[static_cast<std::size_t>(graph.outputs[0])];
}

std::vector<double> doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

std::vector<double> constant(const Graph& graph, int index) {
  return doubles(std::get<std::vector<float>>(graph.tensor(index).data));
}

/// Largest difference between the interpreter and the naive loop of a graph's one operator.
double difference_from_naive(const GraphBuilder& builder, std::uint64_t seed) {
  const Graph& graph = builder.graph;
  const Operator& op = graph.operators[0];
  const Shape &in = graph.tensor(0).shape, &out = builder.shape();
  const std::vector<float> x = random_values(element_count(in), seed), y = run(graph, x);
  std::vector<double> expected;
  if (op.inputs.size() == 3) {
    expected = naive_conv(op, in, out, doubles(x), constant(graph, op.inputs[1]), constant(graph, op.inputs[2]));
  } else {
    expected = naive_pool(op, in, out, doubles(x));
  }
  REQUIRE(y.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    largest = std::max(largest, std::abs(y[i] - naive_activation(op.activation, expected[i])));
  }
  return largest;
}

Padding random_padding(Rng& rng, int kernel_h, int kernel_w) {
  return {rng.between(0, kernel_h - 1), rng.between(0, kernel_h - 1), rng.between(0, kernel_w - 1),
          rng.between(0, kernel_w - 1)};
}

}  // namespace

TEST_CASE("windows give what the naive loop gives, over shapes, strides and paddings", "[graph][float]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng({seed});
    const int kernel_h = rng.between(1, 5), kernel_w = rng.between(1, 5), stride = rng.between(1, 3);
    const Padding padding = random_padding(rng, kernel_h, kernel_w);
    GraphBuilder builder({1, rng.between(5, 12), rng.between(5, 12), rng.between(1, 19)}, seed);
    const auto activation = rng.pick<Activation>({Activation::kNone, Activation::kRelu, Activation::kRelu6});
    switch (seed % 4) {
      case 0:
        builder.conv(rng.between(1, 19), kernel_h, kernel_w, stride, padding, activation);
        break;
      case 1:
        builder.depthwise(kernel_h, kernel_w, stride, padding, activation);
        break;
      case 2:
        builder.pool(OpType::kAveragePool2D, kernel_h, kernel_w, stride, padding);
        break;
      default:
        builder.pool(OpType::kMaxPool2D, kernel_h, kernel_w, stride, padding);
    }
    INFO("seed " << seed << ", " << to_text(builder.graph.operators[0].type));
    CHECK(difference_from_naive(builder, seed) < 2e-5);
  }
}

TEST_CASE("a fully connected layer multiplies its flattened input", "[graph][float]") {
  GraphBuilder builder({1, 1, 1, 3}, 1);
  builder.fully_connected(2, Activation::kRelu);
  builder.graph.tensor(1).data = std::vector<float>{1, 2, 3, -4, -5, -6};
  builder.graph.tensor(2).data = std::vector<float>{10, 20};
  // 1*1 + 2*2 + 3*3 + 10 = 24;  -4 - 10 - 18 + 20 = -12, cut to 0
  CHECK(run(builder.graph, {1, 2, 3}) == std::vector<float>{24, 0});
}

TEST_CASE("add and mul broadcast one pixel over a map", "[graph][float]") {
  GraphBuilder builder({1, 2, 1, 2}, 1);
  const int second = builder.constant({1, 1, 1, 2});
  builder.graph.tensor(second).data = std::vector<float>{10, 20};
  SECTION("add") {
    builder.append({.type = OpType::kAdd, .inputs = {0, second}}, {1, 2, 1, 2});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{11, 22, 13, 24});
  }
  SECTION("mul, the broadcast one first, with relu6") {
    builder.append({.type = OpType::kMul, .inputs = {second, 0}, .activation = Activation::kRelu6}, {1, 2, 1, 2});
    CHECK(run(builder.graph, {0.1f, 2, -3, 0.25f}) == std::vector<float>{1, 6, 0, 5});
  }
}

TEST_CASE("pad, transpose, resize and mean move elements where they belong", "[graph][float]") {
  GraphBuilder builder({1, 2, 2, 1}, 1);
  SECTION("pad") {
    builder.append({.type = OpType::kPad, .inputs = {0}, .padding = {.top = 1, .left = 1}}, {1, 3, 3, 1});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{0, 0, 0, 0, 1, 2, 0, 3, 4});
  }
  SECTION("transpose of rows and columns") {
    builder.append({.type = OpType::kTranspose, .inputs = {0}, .axes = {0, 2, 1, 3}}, {1, 2, 2, 1});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{1, 3, 2, 4});
  }
  SECTION("resize to twice the columns and three times the rows") {
    builder.append({.type = OpType::kResizeNearest, .inputs = {0}}, {1, 3, 4, 1});
    // source rows floor(y * 2 / 3) = 0, 0, 1
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4});
  }
  SECTION("concat of rows and of columns") {
    builder.append({.type = OpType::kConcat, .inputs = {0, 0}, .axes = {1}}, {1, 4, 2, 1});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{1, 2, 3, 4, 1, 2, 3, 4});
    builder.append({.type = OpType::kConcat, .inputs = {1, 1}, .axes = {2}}, {1, 4, 4, 1});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4});
  }
  SECTION("mean over rows") {
    builder.append({.type = OpType::kMean, .inputs = {0}, .axes = {1}}, {1, 2, 1});
    CHECK(run(builder.graph, {1, 2, 3, 4}) == std::vector<float>{2, 3});
  }
}

TEST_CASE("softmax of equal values is uniform, and sums to 1", "[graph][float]") {
  GraphBuilder builder({1, 4}, 1);
  builder.softmax();
  CHECK(run(builder.graph, {3, 3, 3, 3}) == std::vector<float>{0.25f, 0.25f, 0.25f, 0.25f});
  const std::vector<float> y = run(builder.graph, {0, 1, -2, 80});
  CHECK(std::accumulate(y.begin(), y.end(), 0.0f) == Approx(1));
}

TEST_CASE("a workspace can be used again and gives the same values", "[graph][float]") {
  GraphBuilder builder({1, 9, 7, 3}, 5);
  builder.conv(8, 3, 3, 2, {1, 1, 1, 1}, Activation::kRelu6);
  const int first = builder.last();
  builder.depthwise(3, 3, 1, {1, 1, 1, 1}).conv(8, 1, 1, 1).add_to(first);
  builder.pool(OpType::kAveragePool2D, 5, 4, 1).fully_connected(4).softmax();
  const FloatInterpreter network(builder.graph);
  FloatWorkspace workspace = network.workspace();
  const std::vector<float> x = random_values(9 * 7 * 3, 1);
  network.run(x, workspace);
  const std::vector<std::vector<float>> before = workspace.values;
  network.run(random_values(9 * 7 * 3, 2), workspace);
  CHECK(workspace.values != before);
  network.run(x, workspace);
  CHECK(workspace.values == before);
}

TEST_CASE("threads with a workspace each share one network", "[graph][float]") {
  GraphBuilder builder({1, 12, 12, 3}, 7);
  builder.conv(16, 3, 3, 1, {1, 1, 1, 1}).depthwise(5, 5, 2, {2, 2, 2, 2}).conv(9, 1, 1, 1).fully_connected(3);
  const FloatInterpreter network(builder.graph);
  const auto output = static_cast<std::size_t>(builder.graph.outputs[0]);
  const auto results = [&](std::uint64_t seed) {
    FloatWorkspace workspace = network.workspace();
    std::vector<float> all;
    for (std::uint64_t i = 0; i < 50; ++i) {
      network.run(random_values(12 * 12 * 3, seed + i), workspace);
      all.insert(all.end(), workspace.values[output].begin(), workspace.values[output].end());
    }
    return all;
  };
  std::vector<float> first, second;
  std::thread one([&] { first = results(100); });
  std::thread two([&] { second = results(200); });
  one.join();
  two.join();
  CHECK(first == results(100));
  CHECK(second == results(200));
}
