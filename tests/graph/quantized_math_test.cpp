#include "graph/quantized_math.hpp"

#include <cmath>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"
#include "tests/graph/graph_builder.hpp"

using namespace thimble;
using namespace thimble::test;

TEST_CASE("a factor is the nearest multiplier of 31 bits and a shift", "[graph][quantized_math]") {
  CHECK(quantize_multiplier(0) == QuantizedMultiplier{0, 0});
  CHECK(quantize_multiplier(1) == QuantizedMultiplier{1 << 30, 1});
  CHECK(quantize_multiplier(0.25) == QuantizedMultiplier{1 << 30, -1});
  CHECK(quantize_multiplier(0.75) == QuantizedMultiplier{3 << 29, 0});
  // 1 - 2^-40 rounds up to 2^31, which is 2^30 with one shift more
  CHECK(quantize_multiplier(1 - std::ldexp(1.0, -40)) == QuantizedMultiplier{1 << 30, 1});
  CHECK(quantize_multiplier(1e-12) == QuantizedMultiplier{0, 0});
  CHECK(quantize_multiplier(1e30) == QuantizedMultiplier{INT32_MAX, 30});
}

TEST_CASE("divisions by powers of two round to nearest, ties away from zero", "[graph][quantized_math]") {
  CHECK(rounding_divide_by_pot(5, 1) == 3);    // 2.5
  CHECK(rounding_divide_by_pot(-5, 1) == -3);  // -2.5
  CHECK(rounding_divide_by_pot(7, 2) == 2);    // 1.75
  CHECK(rounding_divide_by_pot(-6, 2) == -2);  // -1.5
  CHECK(rounding_divide_by_pot(9, 0) == 9);
  CHECK(rounding_divide_by_pot(INT32_MIN, 31) == -1);
  CHECK(rounding_divide_by_pot(INT32_MAX, 31) == 1);  // 0.9999...
}

TEST_CASE("the doubling high product rounds and saturates as the nudge by sign does", "[graph][quantized_math]") {
  CHECK(saturating_rounding_doubling_high_mul(INT32_MIN, INT32_MIN) == INT32_MAX);
  CHECK(saturating_rounding_doubling_high_mul(1 << 30, 1 << 30) == 1 << 29);
  CHECK(saturating_rounding_doubling_high_mul(3, 1 << 30) == 2);    // 1.5
  CHECK(saturating_rounding_doubling_high_mul(-3, 1 << 30) == -1);  // -1.5
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    Rng rng({seed});
    const auto a = static_cast<std::int32_t>(rng.next() >> rng.between(32, 62)) - rng.between(0, 9);
    const auto b = static_cast<std::int32_t>(rng.next() >> 32);
    const std::int64_t product = std::int64_t{a} * b;
    const std::int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    INFO(a << " * " << b);
    CHECK(saturating_rounding_doubling_high_mul(a, b) == (product + nudge) / (std::int64_t{1} << 31));
  }
}

TEST_CASE("multiplying by a factor is within one of the real product", "[graph][quantized_math]") {
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    Rng rng({seed, 1});
    const double real = std::exp(rng.uniform(-12, 2));
    const int x = rng.between(-2000000, 2000000);
    const double exact = x * real;
    if (std::abs(exact) > 1e9) continue;
    CHECK(std::abs(multiply_by_quantized_multiplier(x, quantize_multiplier(real)) - exact) <= 1);
  }
}

TEST_CASE("activations clamp at the quantised zero and six", "[graph][quantized_math]") {
  CHECK(activation_range(Activation::kNone, 0.1f, 5) == ActivationRange{-128, 127});
  CHECK(activation_range(Activation::kRelu, 0.1f, 5) == ActivationRange{5, 127});
  CHECK(activation_range(Activation::kRelu6, 0.1f, 5) == ActivationRange{5, 65});          // 5 + 6 / 0.1
  CHECK(activation_range(Activation::kRelu6, 0.01f, -128) == ActivationRange{-128, 127});  // 472 is cut
}

TEST_CASE("an int8 sum is within one step of the real sum", "[graph][quantized_math]") {
  Graph graph;
  for (const float scale : {0.05f, 0.02f, 0.06f}) {
    graph.add({.shape = {1}, .type = DataType::kInt8, .quantization = {{scale}, {static_cast<int>(scale * 300)}}});
  }
  const AddParameters p = add_parameters(graph, {.type = OpType::kAdd, .inputs = {0, 1}, .outputs = {2}});
  CHECK(p.input1 == quantize_multiplier(0.5));
  CHECK(p.input1_offset == -15);
  int differences = 0;
  for (int a = -128; a < 128; a += 3) {
    for (int b = -128; b < 128; b += 3) {
      const double real = (a - 15) * 0.05f + (b - 6) * 0.02f;
      const double exact = std::clamp(real / 0.06f + 18, -128.0, 127.0);
      const int sum = add_elements(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), p);
      CHECK(std::abs(sum - exact) < 0.5001);
      differences += sum != std::lround(exact);
    }
  }
  CHECK(differences < 20);  // ties alone
}

TEST_CASE("int8 softmax is within one step of the real one", "[graph][quantized_math]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng({seed, 2});
    const auto scale = static_cast<float>(rng.uniform(0.001, 0.6));
    std::vector<std::int8_t> x(static_cast<std::size_t>(rng.between(1, 20))), y(x.size());
    for (auto& value : x) value = static_cast<std::int8_t>(rng.between(-128, 127));
    softmax_row(x.data(), static_cast<int>(x.size()), softmax_parameters(scale), y.data());
    double sum = 0;
    for (int value : x) sum += std::exp(double{scale} * value);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::min(256 * std::exp(double{scale} * x[i]) / sum - 128, 127.0);
      CHECK(std::abs(y[i] - exact) < 1.0);
    }
  }
}

TEST_CASE("softmax of many equal values gives zero probability, not garbage", "[graph][quantized_math]") {
  std::vector<std::int8_t> x(4095, 10), y(4095, 1);
  softmax_row(x.data(), 4095, softmax_parameters(0.1f), y.data());
  CHECK(y == std::vector<std::int8_t>(4095, -128));
  CHECK_THROWS_AS(softmax_row(x.data(), 4096, softmax_parameters(0.1f), y.data()), std::logic_error);
}

TEST_CASE("values quantise to the nearest step, and saturate", "[graph][quantized_math]") {
  CHECK(quantize_value(1.25f, 0.5f, 3) == 6);   // 2.5 away from zero
  CHECK(quantize_value(-1.25f, 0.5f, 3) == 0);  // -2.5 -> -3
  CHECK(quantize_value(1e30f, 0.5f, 3) == 127);
  CHECK(quantize_value(-1e30f, 0.5f, 3) == -128);
  CHECK(quantize_value(NAN, 0.5f, 3) == -128);
}
