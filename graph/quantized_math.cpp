#include "graph/quantized_math.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

float scale_of(const Tensor& tensor) {
  THIMBLE_CHECK(tensor.quantization.scales.size() == 1, "tensor " + tensor.name + " needs one scale");
  return tensor.quantization.scales[0];
}

std::int32_t zero_point_of(const Tensor& tensor) {
  THIMBLE_CHECK(tensor.quantization.zero_points.size() == 1, "tensor " + tensor.name + " needs one zero point");
  return tensor.quantization.zero_points[0];
}

/// x * 2^exponent, saturated (exponent >= 0).
std::int32_t saturating_shift_left(std::int32_t x, int exponent) {
  const std::int64_t wide = std::int64_t{x} * (std::int64_t{1} << exponent);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(wide, INT32_MIN, INT32_MAX));
}

/// Signed fixed point with 31 fractional bits, as the int32 it is held in.
std::int32_t fixed_mul(std::int32_t a, std::int32_t b) { return saturating_rounding_doubling_high_mul(a, b); }

/// exp(a) for a in [-1/4, 0), Q0.31: Taylor's polynomial of degree 4 around -1/8.
std::int32_t exp_of_last_quarter(std::int32_t a) {
  constexpr std::int32_t kExpMinusEighth = 1895147668;
  constexpr std::int32_t kOneThird = 715827883;
  const std::int32_t x = a + (1 << 28);
  const std::int32_t x2 = fixed_mul(x, x);
  const std::int32_t x3 = fixed_mul(x2, x);
  const std::int32_t x4_over_4 = rounding_divide_by_pot(fixed_mul(x2, x2), 2);
  const std::int32_t upper_terms = rounding_divide_by_pot(fixed_mul(x4_over_4 + x3, kOneThird) + x2, 1);
  return kExpMinusEighth + fixed_mul(kExpMinusEighth, x + upper_terms);
}

/// exp(a) for a <= 0 in Q5.26, result Q0.31: the last quarter's, times exp(-2^i) for each further bit of a.
std::int32_t exp_of_negative(std::int32_t a) {
  // exp(-1/4), exp(-1/2), exp(-1), ... exp(-16) in Q0.31.
  constexpr std::int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  constexpr std::int32_t kQuarter = 1 << 24;
  if (a == 0) return INT32_MAX;
  const std::int32_t in_quarter = (a & (kQuarter - 1)) - kQuarter;
  std::int32_t result = exp_of_last_quarter(saturating_shift_left(in_quarter, 5));
  const std::int32_t remainder = in_quarter - a;
  for (int bit = 0; bit < 7; ++bit) {
    if (remainder & (kQuarter << bit)) result = fixed_mul(result, kFactors[bit]);
  }
  return result;
}

/// 1 / (1 + a) for a in [0, 1), Q0.31, by three Newton-Raphson steps in Q2.29.
std::int32_t one_over_one_plus(std::int32_t a) {
  constexpr std::int32_t k48Over17 = 1515870810;
  constexpr std::int32_t kMinus32Over17 = -1010580540;
  const auto half_denominator = static_cast<std::int32_t>((std::int64_t{a} + INT32_MAX + 1) / 2);
  std::int32_t x = k48Over17 + fixed_mul(half_denominator, kMinus32Over17);
  for (int step = 0; step < 3; ++step) {
    const std::int32_t residual = (1 << 29) - fixed_mul(half_denominator, x);
    x += saturating_shift_left(fixed_mul(x, residual), 2);
  }
  return saturating_shift_left(x, 1);
}

/// A factor divided by `count`, which moves into the multiplier.
QuantizedMultiplier divided(QuantizedMultiplier m, std::int64_t count) {
  const int bits = std::bit_width(static_cast<std::uint64_t>(count)) - 1;
  const int shift = std::min({bits, 32, 31 + m.shift});
  m.multiplier = static_cast<std::int32_t>((std::int64_t{m.multiplier} << shift) / count);
  m.shift -= shift;
  return m;
}

}  // namespace

QuantizedMultiplier quantize_multiplier(double real) {
  if (real == 0) return {};
  QuantizedMultiplier result;
  auto fixed = static_cast<std::int64_t>(std::round(std::frexp(real, &result.shift) * (std::int64_t{1} << 31)));
  if (fixed == std::int64_t{1} << 31) {
    fixed /= 2;
    ++result.shift;
  }
  if (result.shift < -31) return {};
  if (result.shift > 30) return {INT32_MAX, 30};
  result.multiplier = static_cast<std::int32_t>(fixed);
  return result;
}

ActivationRange activation_range(Activation activation, float scale, std::int32_t zero_point) {
  const auto quantize = [&](float real) {
    const float steps = std::clamp(std::round(real / scale), -1e6f, 1e6f);
    return std::clamp(zero_point + static_cast<std::int32_t>(steps), -128, 127);
  };
  switch (activation) {
    case Activation::kNone:
      return {};
    case Activation::kRelu:
      return {quantize(0), 127};
    case Activation::kRelu6:
      return {quantize(0), quantize(6)};
  }
  THIMBLE_CHECK(false, "an Activation without a range");
}

std::vector<QuantizedMultiplier> channel_multipliers(const Graph& graph, const Operator& op) {
  const Tensor& weights = graph.tensor(op.inputs.at(1));
  const Tensor& output = graph.tensor(op.outputs.at(0));
  const float in = scale_of(graph.tensor(op.inputs.at(0)));
  const double out = scale_of(output);
  const auto channels = static_cast<std::size_t>(output.shape.back());
  const std::vector<float>& scales = weights.quantization.scales;
  THIMBLE_CHECK(scales.size() == 1 || scales.size() == channels, "scales of " + weights.name);
  const bool float_product = op.type == OpType::kFullyConnected && scales.size() == 1;
  std::vector<QuantizedMultiplier> result(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const float scale = scales[scales.size() == 1 ? 0 : c];
    const double product = float_product ? double{in * scale} : double{in} * double{scale};
    result[c] = quantize_multiplier(product / out);
  }
  return result;
}

QuantizedMultiplier tensor_multiplier(const Graph& graph, const Operator& op) {
  const Tensor& input = graph.tensor(op.inputs.at(0));
  const Tensor& output = graph.tensor(op.outputs.at(0));
  const double in = scale_of(input), out = scale_of(output);
  switch (op.type) {
    case OpType::kMul:
      return quantize_multiplier(in * double{scale_of(graph.tensor(op.inputs.at(1)))} / out);
    case OpType::kMean:
      return divided(quantize_multiplier(in / out), input.elements() / output.elements());
    case OpType::kQuantize:
      return quantize_multiplier(in / out);
    default:
      THIMBLE_CHECK(false, std::string(to_text(op.type)) + " has no single factor");
  }
}

AddParameters add_parameters(const Graph& graph, const Operator& op) {
  const Tensor& a = graph.tensor(op.inputs.at(0));
  const Tensor& b = graph.tensor(op.inputs.at(1));
  const Tensor& out = graph.tensor(op.outputs.at(0));
  const double twice_max = 2.0 * double{std::max(scale_of(a), scale_of(b))};
  AddParameters p;
  p.input1_offset = -zero_point_of(a);
  p.input2_offset = -zero_point_of(b);
  p.output_offset = zero_point_of(out);
  p.input1 = quantize_multiplier(double{scale_of(a)} / twice_max);
  p.input2 = quantize_multiplier(double{scale_of(b)} / twice_max);
  p.output = quantize_multiplier(twice_max / ((1 << AddParameters::kLeftShift) * double{scale_of(out)}));
  p.range = activation_range(op.activation, scale_of(out), zero_point_of(out));
  return p;
}

SoftmaxParameters softmax_parameters(float input_scale) {
  constexpr int kIntegerBits = 5;
  const double real = std::min(double{input_scale} * (1 << (31 - kIntegerBits)), 2147483647.0);
  SoftmaxParameters p;
  p.input = quantize_multiplier(real);
  const double radius = ((1 << kIntegerBits) - 1) * std::ldexp(1.0, 31 - kIntegerBits - p.input.shift);
  // Differences of int8 values are never below -255.
  p.diff_min = -static_cast<int>(std::min(std::floor(radius), 256.0));
  return p;
}

std::int32_t softmax_exponential(int difference, const SoftmaxParameters& parameters) {
  if (difference < parameters.diff_min) return 0;
  return exp_of_negative(multiply_by_quantized_multiplier(difference, parameters.input));
}

void softmax_row(const std::int8_t* input, int count, const SoftmaxParameters& parameters, std::int8_t* output) {
  constexpr int kSumIntegerBits = 12;
  THIMBLE_CHECK(count > 0 && count < 1 << kSumIntegerBits, "softmax over " + std::to_string(count) + " values");
  const std::int8_t largest = *std::max_element(input, input + count);
  const auto exponential = [&](int i) {
    return exp_of_negative(multiply_by_quantized_multiplier(input[i] - largest, parameters.input));
  };
  std::int32_t sum = 0;  // Q12.19
  for (int i = 0; i < count; ++i) {
    if (input[i] - largest >= parameters.diff_min) sum += rounding_divide_by_pot(exponential(i), kSumIntegerBits);
  }
  const int headroom = std::countl_zero(static_cast<std::uint32_t>(sum));
  const auto fraction = static_cast<std::int32_t>((static_cast<std::uint32_t>(sum) << headroom) - (1U << 31));
  const std::int32_t reciprocal = one_over_one_plus(fraction);
  for (int i = 0; i < count; ++i) {
    output[i] = -128;
    if (input[i] - largest < parameters.diff_min) continue;
    const int right = kSumIntegerBits - headroom + 31 - 8;
    if (right > 31) continue;  // below half a step
    const std::int32_t scaled = rounding_divide_by_pot(fixed_mul(reciprocal, exponential(i)), right);
    output[i] = static_cast<std::int8_t>(std::clamp(scaled - 128, -128, 127));
  }
}

std::int8_t quantize_value(float x, float scale, std::int32_t zero_point) {
  const float steps = std::round(x / scale);
  if (!(steps > -1e6f)) return -128;
  if (steps > 1e6f) return 127;
  return static_cast<std::int8_t>(std::clamp(static_cast<std::int32_t>(steps) + zero_point, -128, 127));
}

}  // namespace thimble
