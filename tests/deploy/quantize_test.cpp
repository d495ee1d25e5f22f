#include "deploy/quantize.hpp"

#include <algorithm>

#include "graph/validate_int8.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

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
    CHECK(layers.front().decibel > 30);
    CHECK(layers.back().decibel > 10);
  }
}
