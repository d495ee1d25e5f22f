#pragma once
#include <bit>
#include <cstdint>

#include "graph/graph.hpp"

namespace thimble {

/// A positive real factor as TFLite's int8 kernels hold it: real = multiplier * 2^(shift - 31), multiplier in
/// [2^30, 2^31) or 0.
struct QuantizedMultiplier {
  std::int32_t multiplier = 0;
  int shift = 0;  ///< positive: left; in [-31, 30]
  bool operator==(const QuantizedMultiplier&) const = default;
};

/// The nearest QuantizedMultiplier of `real` >= 0; 0 below 2^-32, the largest one from 2^30 up.
QuantizedMultiplier quantize_multiplier(double real);

/// Modulo 2^32, as every core adds.
inline std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

/// The high 32 bits of 2ab, rounded to nearest, ties upward; 2^31 - 1 where a = b = -2^31.
inline std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a, std::int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  // TFLite nudges by the product's sign and truncates toward zero: the same as nudging by 2^30 and flooring.
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent rounded to nearest, ties away from zero; exponent in [0, 31].
inline std::int32_t rounding_divide_by_pot(std::int32_t x, int exponent) {
  const std::int32_t mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/// x times the factor in TFLite's two roundings (TFLITE_SINGLE_ROUNDING off); the left shift wraps.
inline std::int32_t multiply_by_quantized_multiplier(std::int32_t x, QuantizedMultiplier m) {
  const int left = m.shift > 0 ? m.shift : 0;
  const int right = m.shift > 0 ? 0 : -m.shift;
  const auto shifted = std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, m.multiplier), right);
}

/// Smallest and largest int8 value that an operator may write.
struct ActivationRange {
  int min = -128, max = 127;
  bool operator==(const ActivationRange&) const = default;
};
ActivationRange activation_range(Activation activation, float scale, std::int32_t zero_point);

/// Factors of a convolution or fully connected layer, one per output channel: scale_in * scale_weights / scale_out.
/// A fully connected layer with one weight scale has TFLite's product of floats, all others the product of doubles.
std::vector<QuantizedMultiplier> channel_multipliers(const Graph& graph, const Operator& op);

/// The one factor of MUL (scale_a * scale_b / scale_out), of QUANTIZE from int8 (scale_in / scale_out), and of MEAN
/// (scale_in / scale_out / count, the division truncated into the multiplier as TFLite does).
QuantizedMultiplier tensor_multiplier(const Graph& graph, const Operator& op);

/// ADD: both inputs shifted left by 20, scaled to twice the larger input scale, summed, scaled to the output.
struct AddParameters {
  static constexpr int kLeftShift = 20;
  std::int32_t input1_offset = 0, input2_offset = 0, output_offset = 0;  ///< inputs: minus the zero point
  QuantizedMultiplier input1, input2, output;
  ActivationRange range;
};
AddParameters add_parameters(const Graph& graph, const Operator& op);

inline std::int8_t add_elements(std::int8_t a, std::int8_t b, const AddParameters& p) {
  const std::int32_t a_shifted = (a + p.input1_offset) * (1 << AddParameters::kLeftShift);
  const std::int32_t b_shifted = (b + p.input2_offset) * (1 << AddParameters::kLeftShift);
  const std::int32_t sum = wrapping_add(multiply_by_quantized_multiplier(a_shifted, p.input1),
                                        multiply_by_quantized_multiplier(b_shifted, p.input2));
  const std::int32_t out = wrapping_add(multiply_by_quantized_multiplier(sum, p.output), p.output_offset);
  return static_cast<std::int8_t>(out < p.range.min ? p.range.min : out > p.range.max ? p.range.max : out);
}

/// SOFTMAX: the factor that brings differences to 5 integer bits, and the smallest difference that counts.
struct SoftmaxParameters {
  QuantizedMultiplier input;
  int diff_min = 0;
};
SoftmaxParameters softmax_parameters(float input_scale);

/// exp of a difference of quantised inputs, in [-255, 0], Q0.31; 0 where SOFTMAX leaves it out.
std::int32_t softmax_exponential(int difference, const SoftmaxParameters& parameters);

/// One row of int8 SOFTMAX with output scale 1/256 and zero point -128; count in [1, 4095].
void softmax_row(const std::int8_t* input, int count, const SoftmaxParameters& parameters, std::int8_t* output);

/// zero_point + x / scale rounded to nearest, ties away from zero, clamped to int8; the quotient is a float's.
std::int8_t quantize_value(float x, float scale, std::int32_t zero_point);

}  // namespace thimble
