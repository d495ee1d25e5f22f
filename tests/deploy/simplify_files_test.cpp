#include <ctime>

#include "deploy/plan.hpp"
#include "deploy/simplify/simplify.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/validate_int8.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// Sound graphs that no network has, but a file may.
struct Builder {
  Graph graph;

  int tensor(Shape shape, std::int32_t zero_point = 0) {
    Tensor tensor;
    tensor.name = "t" + std::to_string(graph.tensors.size());
    tensor.shape = std::move(shape);
    tensor.type = DataType::kInt8;
    tensor.quantization = {{0.05f}, {zero_point}, 0};
    return graph.add(std::move(tensor));
  }
  int constant(Shape shape, int value) {
    const int index = tensor(std::move(shape));
    Tensor& tensor = graph.tensor(index);
    tensor.constant = true;
    tensor.data =
        std::vector<std::int8_t>(static_cast<std::size_t>(tensor.elements()), static_cast<std::int8_t>(value));
    return index;
  }
  int bias(int count) {
    Tensor tensor;
    tensor.name = "bias";
    tensor.shape = {count};
    tensor.type = DataType::kInt32;
    tensor.constant = true;
    tensor.data = std::vector<std::int32_t>(static_cast<std::size_t>(count), 0);
    return graph.add(std::move(tensor));
  }
  int append(Operator op, Shape output, std::int32_t zero_point = 0) {
    op.outputs = {tensor(std::move(output), zero_point)};
    graph.operators.push_back(std::move(op));
    graph.outputs = graph.operators.back().outputs;
    return graph.outputs[0];
  }
};

std::vector<std::int8_t> output_of(const Graph& graph) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  std::vector<std::int8_t> input(static_cast<std::size_t>(graph.tensor(graph.inputs[0]).elements()));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::int8_t>(37 * i);
  network.run(std::span<const std::int8_t>(input), workspace);
  return workspace.values[static_cast<std::size_t>(graph.outputs[0])];
}

void check_sound(const Graph& graph) {
  REQUIRE(validate(graph).empty());
  REQUIRE(validate_int8(graph).empty());
}

}  // namespace

TEST_CASE("1500 pads that no pool takes cost one analysis", "[deploy][simplify]") {
  Builder b;
  int last = b.tensor({1, 4, 4, 1});
  b.graph.inputs = {last};
  for (int i = 0; i < 1500; ++i) {
    last = b.append({.type = OpType::kPad, .inputs = {last}, .padding = {1, 1, 1, 1}}, {1, 6, 6, 1});
    last = b.append({.type = OpType::kMaxPool2D, .inputs = {last}, .kernel_h = 3, .kernel_w = 3}, {1, 4, 4, 1});
  }
  const int weights = b.constant({12000, 16}, 1);
  b.append({.type = OpType::kFullyConnected, .inputs = {last, weights, b.bias(12000)}}, {1, 12000});
  check_sound(b.graph);
  const std::clock_t start = std::clock();
  const Simplified result = simplify(b.graph);
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 0.5);
  CHECK(result.report.folded_pads == 0);
}

TEST_CASE("a joined constant that a convolution reads stays computed", "[deploy][simplify]") {
  Builder b;
  const int x = b.tensor({1, 4, 4, 4});
  b.graph.inputs = {x};
  const int joined =
      b.append({.type = OpType::kConcat, .inputs = {b.constant({1, 4, 4, 4}, 3)}, .axes = {3}}, {1, 4, 4, 4});
  const int weights = b.constant({4, 1, 1, 4}, 1);
  const int y = b.append(
      {.type = OpType::kConv2D, .inputs = {joined, weights, b.bias(4)}, .kernel_h = 1, .kernel_w = 1}, {1, 4, 4, 4});
  b.append({.type = OpType::kAdd, .inputs = {x, y}}, {1, 4, 4, 4});
  check_sound(b.graph);
  CHECK(output_of(simplify(b.graph).graph) == output_of(b.graph));
}

TEST_CASE("a transpose stays where the mean behind it has a kernel and the moved one would not", "[deploy][simplify]") {
  Builder b;
  b.graph.inputs = {b.tensor({1, 4, 5, 6})};
  const int turned =
      b.append({.type = OpType::kTranspose, .inputs = b.graph.inputs, .axes = {0, 1, 3, 2}}, {1, 4, 6, 5});
  b.append({.type = OpType::kMean, .inputs = {turned}, .axes = {1, 2}}, {1, 5});
  check_sound(b.graph);
  REQUIRE(make_plan(b.graph));
  const Simplified result = simplify(b.graph);
  CHECK(make_plan(result.graph));
  CHECK(output_of(result.graph) == output_of(b.graph));
}

TEST_CASE("a graph that would only change shapes stays one that computes", "[deploy][simplify]") {
  Builder b;
  b.graph.inputs = {b.tensor({1, 2, 2, 3})};
  b.append({.type = OpType::kTranspose, .inputs = b.graph.inputs, .axes = {1, 0, 2, 3}}, {2, 1, 2, 3});
  check_sound(b.graph);
  REQUIRE(make_plan(b.graph));
  const Simplified result = simplify(b.graph);
  CHECK(make_plan(result.graph));
  CHECK_FALSE(result.report.changed());
  CHECK(output_of(result.graph) == output_of(b.graph));
}

TEST_CASE("removed filters are counted, whatever the layers are called", "[deploy][simplify]") {
  for (const std::string name : {"", "same"}) {
    Builder b;
    b.graph.inputs = {b.tensor({1, 4, 4, 4})};
    const int first = b.constant({8, 1, 1, 4}, 1);
    auto& weights = std::get<std::vector<std::int8_t>>(b.graph.tensor(first).data);
    std::fill(weights.begin(), weights.begin() + 4 * 4, std::int8_t{0});  // 4 of 8 filters
    const int inner = b.append({.type = OpType::kConv2D, .name = name, .inputs = {b.graph.inputs[0], first, b.bias(8)}},
                               {1, 4, 4, 8});
    const int second = b.constant({32, 1, 1, 8}, 1);
    b.append({.type = OpType::kConv2D, .name = name, .inputs = {inner, second, b.bias(32)}}, {1, 4, 4, 32});
    check_sound(b.graph);
    const SimplifyReport report = simplify(b.graph).report;
    CHECK(report.removed_filters == 4);
    REQUIRE(report.layers.size() == 1);
    CHECK(report.layers[0].channels_before == 8);
    CHECK(report.layers[0].channels_after == 4);
    CHECK(output_of(simplify(b.graph).graph) == output_of(b.graph));
  }
}
