#include "deploy/pack/add.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "deploy/kernels/add.h"
#include "deploy/pack/channel.hpp"

namespace thimble {
namespace {

using Scaled = std::array<std::int32_t, 256>;

double real(const QuantizedMultiplier& m) { return std::ldexp(m.multiplier, m.shift - 31); }

/// TFLite's results for all pairs of inputs, before the activation's clamp.
std::array<std::array<std::int8_t, 256>, 256> all_sums(const AddParameters& parameters) {
  AddParameters p = parameters;
  p.range = {-128, 127};
  const auto scaled = [](std::int32_t offset, const QuantizedMultiplier& factor) {
    Scaled values;
    for (int x = 0; x < 256; ++x)
      values[static_cast<std::size_t>(x)] =
          multiply_by_quantized_multiplier((x - 128 + offset) * (1 << AddParameters::kLeftShift), factor);
    return values;
  };
  const Scaled a = scaled(p.input1_offset, p.input1), b = scaled(p.input2_offset, p.input2);
  std::array<std::array<std::int8_t, 256>, 256> sums;
  for (std::size_t i = 0; i < 256; ++i)
    for (std::size_t j = 0; j < 256; ++j)
      sums[i][j] = static_cast<std::int8_t>(std::clamp(
          wrapping_add(multiply_by_quantized_multiplier(wrapping_add(a[i], b[j]), p.output), p.output_offset), -128,
          127));
  return sums;
}

/// The gammas that give all those sums with the factors alpha and beta.
std::optional<std::int32_t> gamma_for(std::int32_t alpha, std::int32_t beta,
                                      const std::array<std::array<std::int8_t, 256>, 256>& sums) {
  constexpr std::int32_t kOne = 1 << THIMBLE_ADD_SHIFT;
  Scaled b;
  for (int j = 0; j < 256; ++j) b[static_cast<std::size_t>(j)] = thimble_scaled_by(beta, j - 128);
  std::int64_t least = INT32_MIN, most = INT32_MAX;
  for (std::size_t i = 0; i < 256 && least <= most; ++i) {
    const std::int64_t a = thimble_scaled_by(alpha, static_cast<int>(i) - 128);
    for (std::size_t j = 0; j < 256; ++j) {
      const int y = sums[i][j];
      const std::int64_t floor = std::int64_t{y} * kOne - a - b[j];
      if (y > -128) least = std::max(least, floor);
      if (y < 127) most = std::min(most, floor + kOne - 1);
    }
  }
  // No sum may leave int32 on the way.
  const std::int64_t reach = std::int64_t{alpha} / 2 + beta / 2 + 2;
  least = std::max(least, INT32_MIN + reach), most = std::min(most, INT32_MAX - reach);
  if (least > most) return std::nullopt;
  return static_cast<std::int32_t>(least + (most - least) / 2);
}

}  // namespace

std::optional<ShortAdd> find_short_add(const AddParameters& parameters) {
  constexpr int kTries = 60;
  const double unit = std::ldexp(1, AddParameters::kLeftShift + THIMBLE_ADD_SHIFT + 8) * real(parameters.output);
  const double alpha = real(parameters.input1) * unit, beta = real(parameters.input2) * unit;
  constexpr double kMost = 2147000000;  // room for the steps of the search
  if (alpha >= kMost || beta >= kMost) return std::nullopt;
  const auto sums = all_sums(parameters);
  std::uint32_t noise = 1;
  const auto step = [&](int spread) {  // xorshift
    noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
    return static_cast<int>(noise % static_cast<std::uint32_t>(2 * spread + 1)) - spread;
  };
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const int spread = 8 * attempt;
    ShortAdd constants;
    constants.alpha = std::max(0, static_cast<std::int32_t>(std::lround(alpha)) + (attempt ? step(spread) : 0));
    constants.beta = std::max(0, static_cast<std::int32_t>(std::lround(beta)) + (attempt ? step(spread) : 0));
    if (const auto gamma = gamma_for(constants.alpha, constants.beta, sums)) {
      constants.gamma = *gamma;
      return constants;
    }
  }
  return std::nullopt;
}

namespace {

/// An addition as its kernel sees it.
struct KernelAdd {
  Operands operands;
  AddParameters parameters;            ///< input1 is the kernel's first operand
  std::optional<ShortAdd> short_form;  ///< nothing: the layer is wide
};

/// The search is not symmetric, so whoever asks must ask for the same order.
KernelAdd kernel_add(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  THIMBLE_CHECK(operands.has_value(), op.name + ": operands");
  KernelAdd add{*operands, add_parameters(graph, op), {}};
  if (operands->first == 1) {
    std::swap(add.parameters.input1, add.parameters.input2);
    std::swap(add.parameters.input1_offset, add.parameters.input2_offset);
  }
  add.short_form = find_short_add(add.parameters);
  return add;
}

}  // namespace

bool add_is_short(const Graph& graph, const Operator& op) {
  if (output_of(graph, op).quantization.empty()) return true;
  return kernel_add(graph, op).short_form.has_value();
}

/// thimble_add. Its steps take the operand with the larger scale first, whose factor is one half.
PackResult pack_add(const Graph& graph, const Operator& op) {
  const KernelAdd add = kernel_add(graph, op);
  const AddParameters& p = add.parameters;
  constexpr QuantizedMultiplier kHalf{1 << 30, 0};
  const bool swap = p.input1 != kHalf;
  const QuantizedMultiplier& smaller = swap ? p.input1 : p.input2;
  const std::int32_t offset1 = swap ? p.input2_offset : p.input1_offset;
  const std::int32_t offset2 = swap ? p.input1_offset : p.input2_offset;
  THIMBLE_CHECK((swap ? p.input2 : p.input1) == kHalf && smaller.shift <= 0, op.name + ": factors of add");
  const std::optional<ShortAdd>& constants = add.short_form;
  if (!constants && (smaller.shift < -30 || p.output.shift < -23 || p.output.shift > -1)) {
    return op.name + ": scales of the operands and the output lie too far apart for the int8 kernel";
  }
  const ShortAdd form = constants.value_or(ShortAdd{});
  const QuantizedMultiplier output = constants ? QuantizedMultiplier{} : p.output;
  Words words{static_cast<std::uint32_t>(form.alpha),          static_cast<std::uint32_t>(form.beta),
              static_cast<std::uint32_t>(form.gamma),          swap ? 1U : 0U,
              static_cast<std::uint32_t>(offset1 * (1 << 19)), static_cast<std::uint32_t>(offset2 * (1 << 21)),
              static_cast<std::uint32_t>(smaller.multiplier),  channel_shifts(0, -smaller.shift),
              static_cast<std::uint32_t>(output.multiplier),   channel_shifts(0, -output.shift)};
  const Words constant = constant_operand(graph, op, add.operands);
  words.insert(words.end(), constant.begin(), constant.end());
  return words;
}

std::int64_t add_bytes(const Graph& graph, const Operator& op) {
  const auto operands = operands_of(graph, op);
  return 4 * THIMBLE_ADD_WORDS + (operands ? constant_operand_bytes(graph, op, *operands) : 0);
}

}  // namespace thimble
