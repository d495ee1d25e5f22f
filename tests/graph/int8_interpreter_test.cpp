#include "graph/int8_interpreter.hpp"

#include "graph/quantized_math.hpp"
#include "graph/validate_int8.hpp"
#include "tests/catch.hpp"
#include "tests/graph/graph_builder.hpp"
#include "tests/graph/naive.hpp"
#include "tests/graph/random_int8.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

using Values = Int8Values;

std::vector<double> centred(const Values& values, int zero_point) {
  std::vector<double> result;
  for (int value : values) result.push_back(value - zero_point);
  return result;
}

Values run(const Graph& graph, const Values& input) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  network.run(input, workspace);
  return workspace.values[static_cast<std::size_t>(graph.outputs[0])];
}

int zero_point(const Graph& graph, int tensor) { return graph.tensor(tensor).quantization.zero_points[0]; }
float scale(const Graph& graph, int tensor) { return graph.tensor(tensor).quantization.scales[0]; }

/// Exact int32 sums of a graph's one convolution, from the naive loop (doubles hold them exactly).
std::vector<double> exact_sums(const Graph& graph, const Values& x) {
  const Operator& op = graph.operators[0];
  const std::vector<double> weights = centred(std::get<Values>(graph.tensor(op.inputs[1]).data), 0);
  const auto& bias = std::get<std::vector<std::int32_t>>(graph.tensor(op.inputs[2]).data);
  return naive_conv(op, graph.tensor(0).shape, graph.tensor(op.outputs[0]).shape, centred(x, zero_point(graph, 0)),
                    weights, {bias.begin(), bias.end()});
}

GraphBuilder random_window(std::uint64_t seed, OpType type) {
  Rng rng({seed});
  const int kernel_h = rng.between(1, 5), kernel_w = rng.between(1, 5), stride = rng.between(1, 3);
  const Padding padding{rng.between(0, kernel_h - 1), rng.between(0, kernel_h - 1), rng.between(0, kernel_w - 1),
                        rng.between(0, kernel_w - 1)};
  GraphBuilder builder({1, rng.between(5, 10), rng.between(5, 10), rng.between(1, 21)}, seed);
  const auto activation = rng.pick<Activation>({Activation::kNone, Activation::kRelu, Activation::kRelu6});
  if (type == OpType::kConv2D) builder.conv(rng.between(1, 9), kernel_h, kernel_w, stride, padding, activation);
  if (type == OpType::kDepthwiseConv2D) builder.depthwise(kernel_h, kernel_w, stride, padding, activation);
  if (type == OpType::kAveragePool2D || type == OpType::kMaxPool2D) {
    builder.pool(type, kernel_h, kernel_w, stride, padding);
  }
  return builder;
}

}  // namespace

TEST_CASE("int8 convolutions are the naive sums, requantised per channel", "[graph][int8]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    GraphBuilder builder = random_window(seed, seed % 2 ? OpType::kConv2D : OpType::kDepthwiseConv2D);
    Graph& graph = builder.graph;
    quantize_at_random(graph, seed, seed % 3 != 0);
    Rng rng({seed, 4});
    const Values x = random_int8(graph.tensor(0).elements(), rng), y = run(graph, x);
    const Operator& op = graph.operators[0];
    const std::vector<double> sums = exact_sums(graph, x);
    const std::vector<QuantizedMultiplier> multipliers = channel_multipliers(graph, op);
    const std::vector<float>& scales = graph.tensor(op.inputs[1]).quantization.scales;
    const int out = op.outputs[0];
    const ActivationRange range = activation_range(op.activation, scale(graph, out), zero_point(graph, out));
    INFO("seed " << seed);
    REQUIRE(y.size() == sums.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t c = i % multipliers.size();
      const int scaled = multiply_by_quantized_multiplier(static_cast<std::int32_t>(sums[i]), multipliers[c]);
      const int expected = std::clamp(scaled + zero_point(graph, out), range.min, range.max);
      REQUIRE(y[i] == expected);
      const double ratio = double{scale(graph, 0)} * scales[scales.size() == 1 ? 0 : c] / scale(graph, out);
      const double real = std::clamp<double>(sums[i] * ratio + zero_point(graph, out), range.min, range.max);
      REQUIRE(std::abs(y[i] - real) < 0.51);
    }
  }
}

TEST_CASE("int8 pools take the rounded mean and the largest of what lies on the input", "[graph][int8]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    GraphBuilder builder = random_window(seed, seed % 2 ? OpType::kAveragePool2D : OpType::kMaxPool2D);
    Graph& graph = builder.graph;
    quantize_at_random(graph, seed, true);
    const Operator& op = graph.operators[0];
    graph.tensor(op.outputs[0]).quantization = graph.tensor(0).quantization;
    Rng rng({seed, 4});
    const Values x = random_int8(graph.tensor(0).elements(), rng), y = run(graph, x);
    const std::vector<double> expected = naive_pool(op, graph.tensor(0).shape, builder.shape(), centred(x, 0));
    INFO("seed " << seed);
    for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == std::lround(expected[i]));
  }
}

TEST_CASE("a small network by hand", "[graph][int8]") {
  GraphBuilder builder({1, 1, 2, 1}, 1);
  builder.fully_connected(2, Activation::kRelu);
  Graph& graph = builder.graph;
  const auto describe = [&](int tensor, DataType type, Quantization quantization, TensorData data) {
    graph.tensor(tensor).type = type;
    graph.tensor(tensor).quantization = std::move(quantization);
    graph.tensor(tensor).data = std::move(data);
  };
  describe(0, DataType::kInt8, {{0.5f}, {-10}}, {});
  describe(1, DataType::kInt8, {{0.25f}, {0}}, Values{1, 2, -3, 4});
  describe(2, DataType::kInt32, {}, std::vector<std::int32_t>{8, -400});
  describe(3, DataType::kInt8, {{1}, {-128}}, {});
  // (14+10)*1 + (30+10)*2 + 8 = 112; 112 * 0.5 * 0.25 / 1 = 14; 14 - 128 = -114
  // 24*-3 + 40*4 - 400 = -312, negative: relu gives the zero point
  CHECK(run(graph, {14, 30}) == Values{-114, -128});
}

TEST_CASE("padding is the input's zero point, and moved elements keep their bits", "[graph][int8]") {
  GraphBuilder builder({1, 2, 2, 1}, 1);
  builder.append({.type = OpType::kPad, .inputs = {0}, .padding = {.bottom = 1, .right = 1}}, {1, 3, 3, 1});
  builder.append({.type = OpType::kTranspose, .inputs = {builder.last()}, .axes = {0, 2, 1, 3}}, {1, 3, 3, 1});
  builder.reshape({1, 9});
  for (Tensor& tensor : builder.graph.tensors) {
    tensor.type = DataType::kInt8;
    tensor.quantization = {{0.1f}, {-7}};
  }
  CHECK(run(builder.graph, {1, 2, 3, 4}) == Values{1, 3, -7, 2, 4, -7, -7, -7, -7});
}

TEST_CASE("mul, mean and requantisation are within one step of the real ones", "[graph][int8]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    GraphBuilder builder({1, 6, 5, 3}, seed);
    if (seed % 3 == 0) builder.append({.type = OpType::kMul, .inputs = {0, 0}}, {1, 6, 5, 3});
    if (seed % 3 == 1) builder.append({.type = OpType::kMean, .inputs = {0}, .axes = {1, 2}}, {1, 1, 1, 3});
    if (seed % 3 == 2) builder.append({.type = OpType::kQuantize, .inputs = {0}}, {1, 6, 5, 3});
    Graph& graph = builder.graph;
    quantize_at_random(graph, seed, true);
    Rng rng({seed, 4});
    const Values x = random_int8(90, rng), y = run(graph, x);
    const double in = scale(graph, 0), out = scale(graph, 1);
    const std::vector<double> real = centred(x, zero_point(graph, 0));
    for (std::size_t i = 0; i < y.size(); ++i) {
      double value = real[i] * in;
      if (seed % 3 == 0) value *= value;
      if (seed % 3 == 1) {
        value = 0;
        for (std::size_t k = i; k < 90; k += 3) value += real[k] * in / 30;
      }
      CHECK(std::abs(y[i] - std::clamp(value / out + zero_point(graph, 1), -128.0, 127.0)) <= 1);
    }
  }
}

TEST_CASE("validate_int8 names what TFLite's arithmetic cannot run", "[graph][int8]") {
  GraphBuilder builder = random_window(1, OpType::kConv2D);
  Graph& graph = builder.graph;
  const std::string place = "operator 0 (conv2d op0): ";
  CHECK(validate_int8(graph) == std::vector<std::string>{place + "input and output must be int8 with one scale and a "
                                                                 "zero point in [-128,127]"});
  quantize_at_random(graph, 1, true);
  REQUIRE(validate_int8(graph).empty());
  SECTION("asymmetric weights") {
    graph.tensor(1).quantization.zero_points[0] = 3;
    CHECK(validate_int8(graph) == std::vector<std::string>{place + "weights must have zero point 0"});
  }
  SECTION("weights not filled in") {
    graph.tensor(1).data = {};
    CHECK(validate_int8(graph) == std::vector<std::string>{place + "weights must be int8 constants"});
    CHECK_THROWS_AS(Int8Interpreter(graph), std::logic_error);
  }
  SECTION("a window whose sum could leave int32") {
    GraphBuilder large({1, 257, 256, 1}, 1);
    large.pool(OpType::kAveragePool2D, 257, 256, 1);
    quantize_at_random(large.graph, 1, true);
    large.graph.tensor(1).quantization = large.graph.tensor(0).quantization;
    CHECK(validate_int8(large.graph) ==
          std::vector<std::string>{"operator 0 (average_pool2d op0): sums more than 65536 terms"});
  }
  SECTION("a dequantisation to int8") {
    builder.append({.type = OpType::kDequantize, .inputs = {builder.last()}}, builder.shape());
    quantize_at_random(graph, 1, true);
    CHECK(validate_int8(graph) ==
          std::vector<std::string>{"operator 1 (dequantize op1): must go from int8 to float32"});
  }
  SECTION("a pool that changes the scale") {
    builder.pool(OpType::kMaxPool2D, 1, 1, 1);
    quantize_at_random(graph, 1, true);
    CHECK(validate_int8(graph) ==
          std::vector<std::string>{"operator 1 (max_pool2d op1): must keep scale and zero point"});
  }
}
