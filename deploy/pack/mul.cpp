#include "deploy/pack/mul.hpp"

#include <algorithm>
#include <optional>

#include "deploy/kernels/mul.h"
#include "deploy/pack/tensor_channel.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

MulZeros zeros_of(const Graph& graph, const Operator& op, const Operands& operands) {
  const auto zero = [&](int i) { return zero_point_of(graph.tensor(op.inputs.at(static_cast<std::size_t>(i)))); };
  return {zero(operands.first), zero(operands.second), zero_point_of(output_of(graph, op))};
}

/// The gammas that give TFLite's results for all pairs: each pair bounds them.
std::optional<std::int32_t> gamma_for(const ShortMul& form, const MulZeros& zeros, const QuantizedMultiplier& factor) {
  constexpr std::int64_t kOne = 1 << THIMBLE_MUL_SHIFT;
  std::int64_t least = -(std::int64_t{1} << 30), most = std::int64_t{1} << 30;
  for (int b = -128; b < 128 && least <= most; ++b) {
    const std::int32_t alpha =
        thimble_mul_alpha(b - zeros.second, form.multiplier, static_cast<std::uint32_t>(form.shift));
    const std::int64_t start = thimble_mul_start(alpha, zeros.first, 0);
    for (int a = -128; a < 128; ++a) {
      const std::int32_t product = (a - zeros.first) * (b - zeros.second);
      const int y =
          std::clamp(wrapping_add(multiply_by_quantized_multiplier(product, factor), zeros.output), -128, 127);
      const std::int64_t floor = y * kOne - start - thimble_scaled_by(alpha, a);
      if (y > -128) least = std::max(least, floor);
      if (y < 127) most = std::min(most, floor + kOne - 1);
    }
  }
  if (least > most) return std::nullopt;
  return static_cast<std::int32_t>(least + (most - least) / 2);
}

std::optional<ShortMul> short_form(const Graph& graph, const Operator& op, const Operands& operands) {
  return find_short_mul(tensor_multiplier(graph, op), zeros_of(graph, op, operands));
}

}  // namespace

std::optional<ShortMul> find_short_mul(const QuantizedMultiplier& factor, const MulZeros& zeros) {
  constexpr int kLeastShift = 7;  // so that alpha is below 2^30
  if (-factor.shift < kLeastShift || -factor.shift > 30) return std::nullopt;
  for (int step : {0, 1, -1, 2, -2, 4, -4, 8, -8, 16, -16}) {
    const std::int64_t multiplier = std::int64_t{factor.multiplier} + step;
    if (multiplier > INT32_MAX) continue;
    ShortMul form{static_cast<std::int32_t>(multiplier), 30 + factor.shift, 0};
    const std::optional<std::int32_t> gamma = gamma_for(form, zeros, factor);
    if (!gamma) continue;
    form.gamma = *gamma;
    return form;
  }
  return std::nullopt;
}

bool mul_is_short(const Graph& graph, const Operator& op) {
  if (output_of(graph, op).quantization.empty()) return true;
  const auto operands = operands_of(graph, op);
  return operands && short_form(graph, op, *operands).has_value();
}

bool mul_is_relu(const Graph& graph, const Operator& op) {
  const auto lowest = [&](int tensor) { return zero_point_of(graph.tensor(tensor)) == -128; };
  return op.activation != Activation::kNone || (lowest(op.inputs.at(0)) && lowest(op.inputs.at(1)));
}

PackResult pack_mul(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  THIMBLE_CHECK(operands.has_value(), op.name + ": operands");
  const auto channel = tensor_channel(tensor_multiplier(graph, op), 255 * 255);
  if (!channel) return op.name + ": scales of the operands and the output lie too far apart for the int8 kernel";
  const int second = op.inputs.at(static_cast<std::size_t>(operands->second));
  Words words{static_cast<std::uint32_t>(zero_point_of(graph.tensor(second))),
              static_cast<std::uint32_t>(channel->multiplier), channel->shifts};
  const ShortMul form = short_form(graph, op, *operands).value_or(ShortMul{});
  for (std::int32_t word : {form.multiplier, form.shift, form.gamma}) words.push_back(static_cast<std::uint32_t>(word));
  const Words constant = constant_operand(graph, op, *operands);
  words.insert(words.end(), constant.begin(), constant.end());
  return words;
}

std::int64_t mul_bytes(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  return 4 * THIMBLE_MUL_WORDS + (operands ? constant_operand_bytes(graph, op, *operands) : 0);
}

}  // namespace thimble
