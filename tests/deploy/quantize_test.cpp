#include "deploy/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "deploy/quantize_equalize.hpp"
#include "graph/base/error.hpp"
#include "graph/float_interpreter.hpp"
#include "graph/quantized_math.hpp"
#include "graph/validate_int8.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"
#include "tests/graph/graph_builder.hpp"

using namespace thimble;

namespace {

/// y = relu6(w x + b): one pixel of one channel to two channels.
Graph tiny_convolution(Activation activation) {
  Graph graph;
  const auto tensor = [&](const std::string& name, Shape shape, std::vector<float> values) {
    Tensor t;
    t.name = name;
    t.shape = std::move(shape);
    t.constant = !values.empty();
    if (t.constant) t.data = std::move(values);
    return graph.add(std::move(t));
  };
  Operator op;
  op.name = "conv";
  op.inputs = {tensor("x", {1, 1, 1, 1}, {}), tensor("w", {2, 1, 1, 1}, {2.0f, -0.5f}),
               tensor("b", {2}, {1.0f, -0.25f})};
  op.outputs = {tensor("y", {1, 1, 1, 2}, {})};
  op.activation = activation;
  graph.operators = {op};
  graph.inputs = {0};
  graph.outputs = {3};
  return graph;
}

const std::vector<std::vector<float>> kTinyInputs = {{-1.0f}, {0.5f}};

}  // namespace

TEST_CASE("weights are symmetric per channel, biases have the scale of the sums", "[deploy][quantize]") {
  const Graph graph =
      quantize(tiny_convolution(Activation::kNone), kTinyInputs, {.calibration = {RangeMethod::kMinMax, 100}});
  const Tensor& weights = graph.tensor(1);
  CHECK(std::get<std::vector<std::int8_t>>(weights.data) == std::vector<std::int8_t>{127, -127});
  CHECK(weights.quantization.scales[0] == Approx(2.0 / 127));
  CHECK(weights.quantization.scales[1] == Approx(0.5 / 127));
  // 1 / (1/128 * 2/127) = 8128, -0.25 / (1/128 * 0.5/127) = -8128
  CHECK(std::get<std::vector<std::int32_t>>(graph.tensor(2).data) == std::vector<std::int32_t>{8128, -8128});
  // Outputs are in [2 * -1 + 1, 2 * 0.5 + 1] = [-1, 2] and [-0.5, 0.25]: 3 / 255 a step, zero at -128 + 85.
  CHECK(graph.tensor(3).quantization.scales[0] == Approx(3.0 / 255));
  CHECK(graph.tensor(3).quantization.zero_points[0] == -43);
}

TEST_CASE("activations keep to the range of their function", "[deploy][quantize]") {
  const auto range = [](Activation activation, float x) {
    const Graph graph = quantize(tiny_convolution(activation), std::vector<std::vector<float>>{{x}, {-1.0f}},
                                 {.calibration = {RangeMethod::kMinMax, 100}});
    const Quantization& q = graph.tensor(3).quantization;
    return std::pair(q.scales[0] * (-128 - q.zero_points[0]), q.scales[0] * (127 - q.zero_points[0]));
  };
  CHECK(range(Activation::kRelu, 0.5f).first == 0);
  CHECK(range(Activation::kRelu, 0.5f).second == Approx(2));
  CHECK(range(Activation::kRelu6, 10.0f).second == Approx(6));
  CHECK(range(Activation::kRelu6, 0.5f).second == Approx(2));
}

TEST_CASE("a channel without weights keeps its bias", "[deploy][quantize]") {
  Graph graph = tiny_convolution(Activation::kNone);
  graph.tensor(1).data = std::vector<float>{0.0f, 1e-12f};
  const Graph int8 = quantize(graph, kTinyInputs);
  for (std::size_t channel = 0; channel < 2; ++channel) {
    const double step = int8.tensor(2).quantization.scales[channel];
    const double real = std::get<std::vector<float>>(graph.tensor(2).data)[channel];
    CHECK(std::get<std::vector<std::int32_t>>(int8.tensor(2).data)[channel] * step == Approx(real));
  }
}

TEST_CASE("a histogram does not depend on the order of its values", "[deploy][calibration]") {
  Rng rng({1});
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i) values.push_back(static_cast<float>(rng.normal() * (i % 100 == 0 ? 30 : 1)));
  ValueHistogram forward, backward;
  forward.add(values);
  std::reverse(values.begin(), values.end());
  for (float value : values) backward.add(std::vector<float>{value});
  for (double percentile : {99.0, 99.9, 100.0}) {
    CHECK(forward.percentile_range(percentile).min == backward.percentile_range(percentile).min);
    CHECK(forward.percentile_range(percentile).max == backward.percentile_range(percentile).max);
  }
}

TEST_CASE("a percentile leaves its share outside, and 100 leaves nothing", "[deploy][calibration]") {
  ValueHistogram histogram;
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i) values.push_back(static_cast<float>(i) / 1000);  // 0.001 ... 1
  histogram.add(values);
  // 1 % is 10 values: 0.991 ... 1 lie outside, and the bins are 2 / 4096 wide.
  CHECK(histogram.percentile_range(99).max == Approx(0.990).margin(2.0 / 4096));
  CHECK(histogram.percentile_range(99).min == Approx(0.011).margin(2.0 / 4096));
  CHECK(histogram.percentile_range(100).max == 1.0f);
  CHECK(histogram.percentile_range(100).min == Approx(0.001).margin(1e-9));
}

TEST_CASE("int8 subnets are sound and near their float networks", "[deploy][quantize]") {
  for (std::uint64_t seed = 50; seed < 56; ++seed) {
    const test::RandomNetwork network = test::random_network(seed);
    CHECK(validate_int8(network.int8).empty());
    const std::vector<LayerSqnr> layers =
        layer_sqnr(network.real, network.int8, test::random_inputs(network.real, 2, seed + 1));
    REQUIRE(layers.size() == network.real.operators.size());
    CHECK(layers.front().name == "stem");
    CHECK(layers.front().decibel > 25);
    CHECK(layers.back().decibel > 10);
  }
}

namespace {

/// Squared error of int8 rounding of the values, by the arithmetic of the interpreter.
double rounding_error(const std::vector<float>& values, ValueRange range) {
  const double low = std::min(range.min, 0.0f), high = std::max(range.max, 0.0f);
  const auto scale = static_cast<float>((high - low) / 255);
  const auto zero = static_cast<std::int32_t>(std::round(-128 - low / double{scale}));
  double sum = 0;
  for (float value : values) {
    const double error = double{scale} * (quantize_value(value, scale, zero) - zero) - value;
    sum += error * error;
  }
  return sum;
}

std::vector<float> run(const Graph& graph, const std::vector<float>& input, int tensor) {
  const FloatInterpreter network(graph);
  FloatWorkspace workspace = network.workspace();
  network.run(input, workspace);
  return workspace.values[static_cast<std::size_t>(tensor)];
}

/// Largest difference to the values, in units of the largest value.
double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(double{a[i]}));
    difference = std::max(difference, std::abs(double{a[i]} - b[i]));
  }
  return difference / std::max(most, 1e-20);
}

/// An expansion, a depthwise convolution and a projection, twice, and a classifier.
test::GraphBuilder two_blocks(Activation activation, std::uint64_t seed) {
  test::GraphBuilder b({1, 6, 6, 3}, seed);
  for (int i = 0; i < 2; ++i)
    b.conv(8, 1, 1, 1, {}, activation).depthwise(3, 3, 1, {1, 1, 1, 1}, activation).conv(5, 1, 1, 1);
  b.pool(OpType::kAveragePool2D, 6, 6, 1).fully_connected(4);
  return b;
}

/// Channels of very different sizes: filter c of every convolution times 4^-c.
void unbalance(Graph& graph) {
  for (const Operator& op : graph.operators) {
    if (op.type != OpType::kConv2D) continue;
    auto& weights = std::get<std::vector<float>>(graph.tensor(op.inputs[1]).data);
    auto& bias = std::get<std::vector<float>>(graph.tensor(op.inputs[2]).data);
    const std::size_t depth = weights.size() / bias.size();
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= std::pow(0.25f, static_cast<float>(i / depth % 4));
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] *= std::pow(0.25f, static_cast<float>(c % 4));
  }
}

std::vector<std::vector<float>> inputs_of(const Graph& graph, int count, std::uint64_t seed) {
  std::vector<std::vector<float>> inputs;
  for (int i = 0; i < count; ++i)
    inputs.push_back(
        test::random_values(graph.tensor(graph.inputs[0]).elements(), seed * 100 + static_cast<std::uint64_t>(i)));
  return inputs;
}

}  // namespace

TEST_CASE("the range of least squared error gives up a rare outlier for smaller steps", "[deploy][calibration]") {
  Rng rng({7});
  std::vector<float> values;
  for (int i = 0; i < 10000; ++i) values.push_back(static_cast<float>(rng.uniform(-1, 1)));
  const std::vector<float> outlier = {1.5f};
  ValueHistogram calm, histogram;
  for (int repeat = 0; repeat < 100; ++repeat) histogram.add(values);
  histogram.add(outlier);
  calm.add(values);
  const auto error = [&](ValueRange range) {
    return 100 * rounding_error(values, range) + rounding_error(outlier, range);
  };
  // Up to 1.5 the 10^6 values lose 10^6 (2.5 / 255)^2 / 12 = 8.0; up to 1 it is 5.1, and 0.25 for the outlier.
  const ValueRange range = histogram.mse_range();
  CHECK(range.max == Approx(1).margin(0.05));
  CHECK(range.min == Approx(-1).margin(0.05));
  for (const ValueRange& other : {histogram.range(), histogram.percentile_range(99.9), histogram.percentile_range(99)})
    CHECK(error(range) < 1.01 * error(other));
  CHECK(calm.mse_range().max > 0.95f);  // nothing to win
}

TEST_CASE("values of a ReLU, mostly zero, keep a range that starts at zero", "[deploy][calibration]") {
  std::vector<float> values(1000, 0.0f);
  for (int i = 1; i <= 100; ++i) values.push_back(static_cast<float>(i) / 100);
  ValueHistogram histogram;
  histogram.add(values);
  CHECK(histogram.mse_range().min == 0);
  CHECK(histogram.mse_range().max > 0.95f);
}

TEST_CASE("a ReLU that never fires has its zero at the lower end", "[deploy][quantize]") {
  Graph graph = tiny_convolution(Activation::kRelu);
  graph.tensor(2).data = std::vector<float>{-100.0f, -100.0f};
  CHECK(quantize(graph, kTinyInputs).tensor(3).quantization.zero_points == std::vector<std::int32_t>{-128});
}

TEST_CASE("what is not finite is named", "[deploy][quantize]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Graph graph = tiny_convolution(Activation::kNone);
  CHECK_THROWS_WITH(quantize(graph, std::vector<std::vector<float>>{{0.5f}, {nan}}),
                    "calibration input 1: tensor x has the value nan, which no int8 scale can hold");
  graph.tensor(1).data = std::vector<float>{2e30f, 1.0f};
  CHECK_THROWS_WITH(quantize(graph, kTinyInputs), "tensor w has a value that is not finite, or beyond 1e30");
  graph.tensor(1).data = std::vector<float>{2.0f, 1.0f};
  graph.tensor(2).data = std::vector<float>{-inf, 0.0f};
  CHECK_THROWS_WITH(quantize(graph, kTinyInputs), "tensor b has a value that is not finite, or beyond 1e30");
  graph.tensor(1).data = std::vector<float>{1e30f, 1.0f};
  graph.tensor(2).data = std::vector<float>{1e30f, 0.0f};
  CHECK_THROWS_AS(quantize(graph, kTinyInputs), Error);  // the activation is beyond
}

TEST_CASE("layers that share their weights get scales of their own", "[deploy][quantize]") {
  test::GraphBuilder builder({1, 4, 4, 3}, 5);
  builder.conv(3, 1, 1, 1);
  Operator again = builder.graph.operators[0];
  again.inputs[0] = builder.last();
  builder.append(again, builder.shape());
  const std::vector<std::vector<float>> inputs = {test::random_values(48, 1), test::random_values(48, 2)};
  const Graph graph = quantize(builder.graph, inputs);
  CHECK(validate(graph).empty());
  CHECK(validate_int8(graph).empty());
  const auto &first = graph.operators[0].inputs, &second = graph.operators[1].inputs;
  CHECK(first[1] != second[1]);
  CHECK(graph.tensor(first[1]).data == graph.tensor(second[1]).data);
}

TEST_CASE("values too small for a scale are zero", "[deploy][quantize]") {
  for (float weight : {1e-30f, 1e-38f, 1e-40f, 1e-43f, 1e-45f}) {
    Graph real = tiny_convolution(Activation::kNone);
    real.tensor(1).data = std::vector<float>{weight, -weight};
    real.tensor(2).data = std::vector<float>{0, 0};
    const Graph graph = quantize(real, kTinyInputs);
    INFO("weight " << weight);
    CHECK(validate(graph).empty());
    CHECK(validate_int8(graph).empty());
  }
}

TEST_CASE("a bias takes up what rounding the weights adds on average", "[deploy][quantize]") {
  Graph graph;
  const auto tensor = [&](const std::string& name, Shape shape, std::vector<float> values) {
    return graph.add({.name = name, .shape = std::move(shape), .data = std::move(values), .constant = true});
  };
  graph.inputs = {graph.add({.name = "x", .shape = {1, 1, 1, 2}})};
  const int weights = tensor("w", {1, 1, 1, 2}, {127.0f, 3.25f}), bias = tensor("b", {1}, {0.0f});
  Operator op{.name = "conv", .inputs = {0, weights, bias}};
  op.outputs = {graph.add({.name = "y", .shape = {1, 1, 1, 1}})};
  graph.operators = {op};
  graph.outputs = op.outputs;
  const std::vector<std::vector<float>> inputs = {{0.5f, 0.25f}, {-0.5f, 0.75f}};
  const auto bias_of = [&](bool corrected) {
    const Graph int8 = quantize(graph, inputs, {.bias_correction = corrected});
    CHECK(std::get<std::vector<std::int8_t>>(int8.tensor(weights).data) == std::vector<std::int8_t>{127, 3});
    return std::get<std::vector<std::int32_t>>(int8.tensor(bias).data)[0];
  };
  CHECK(bias_of(false) == 0);
  // The weight's scale is 1, so 3.25 became 3: the output lost 0.25 * 0.5 on average, 16 steps of 1 * 1/128.
  CHECK(bias_of(true) == 16);
}

TEST_CASE("an equalised network is the same network", "[deploy][quantize]") {
  for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kRelu6}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Graph graph = two_blocks(activation, seed).graph;
      unbalance(graph);
      const auto inputs = inputs_of(graph, 3, seed);
      const Graph equal = equalized(graph, inputs);
      CHECK(std::get<std::vector<float>>(equal.tensor(1).data) != std::get<std::vector<float>>(graph.tensor(1).data));
      for (const std::vector<float>& input : inputs)
        CHECK(relative_difference(run(graph, input, graph.outputs[0]), run(equal, input, graph.outputs[0])) < 1e-5);
      if (activation == Activation::kRelu6) continue;  // beyond the inputs a channel may be clamped below 6
      for (const std::vector<float>& input : inputs_of(graph, 3, seed + 1000))
        CHECK(relative_difference(run(graph, input, graph.outputs[0]), run(equal, input, graph.outputs[0])) < 1e-5);
    }
  }
}

TEST_CASE("channels before a depthwise convolution become equally large", "[deploy][quantize]") {
  Graph graph = two_blocks(Activation::kRelu, 4).graph;
  unbalance(graph);
  const auto inputs = inputs_of(graph, 1, 4);
  const int expanded = graph.operators[0].outputs[0];
  const std::vector<float> before = run(graph, inputs[0], expanded),
                           after = run(equalized(graph, inputs), inputs[0], expanded);
  float largest_before = 0;
  for (float value : before) largest_before = std::max(largest_before, value);
  for (std::size_t channel = 0; channel < 8; ++channel) {
    float seen = 0, largest = 0;
    for (std::size_t i = channel; i < after.size(); i += 8) {
      seen = std::max(seen, before[i]);
      largest = std::max(largest, after[i]);
    }
    if (seen > largest_before / 32) CHECK(largest == Approx(largest_before));
  }
}

TEST_CASE("a channel that reaches six stays as it is", "[deploy][quantize]") {
  Graph graph = two_blocks(Activation::kRelu6, 5).graph;
  auto& bias = std::get<std::vector<float>>(graph.tensor(graph.operators[0].inputs[2]).data);
  bias[0] = 10;    // always clamped
  bias[1] = 0.1f;  // never
  const auto inputs = inputs_of(graph, 2, 5);
  const Graph equal = equalized(graph, inputs);
  const auto& scaled = std::get<std::vector<float>>(equal.tensor(graph.operators[0].inputs[2]).data);
  CHECK(scaled[0] == 10);
  CHECK(scaled[1] > 0.1f);
}

TEST_CASE("equalisation and corrected biases bring unbalanced networks nearer", "[deploy][quantize]") {
  double plain = 0, better = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Graph graph = two_blocks(Activation::kRelu, seed).graph;
    unbalance(graph);
    const auto inputs = inputs_of(graph, 8, seed), others = inputs_of(graph, 8, seed + 500);
    for (bool on : {false, true}) {
      const QuantizedNetwork network =
          quantize_network(graph, inputs, {.input_scale = 1.0f / 32, .equalize = on, .bias_correction = on});
      CHECK(validate_int8(network.int8).empty());
      (on ? better : plain) += output_decibel(network.int8, layer_sqnr(network.real, network.int8, others)) / 6;
    }
  }
  INFO("mean of " << plain << " dB without, " << better << " dB with");
  CHECK(better > plain + 1);
}
