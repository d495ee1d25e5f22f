#include <algorithm>

#include "deploy/kernels/mul.h"
#include "deploy/pack/channel.hpp"
#include "deploy/pack/channel_proof.hpp"
#include "deploy/pack/mul.hpp"
#include "deploy/pack/tensor_channel.hpp"
#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

QuantizedMultiplier random_factor(Rng& rng, int least_shift, int most_shift) {
  const std::int32_t multiplier =
      rng.chance(0.2) ? (rng.chance(0.5) ? 1 << 30 : INT32_MAX - rng.between(0, 3)) : rng.between(1 << 30, INT32_MAX);
  return {multiplier, rng.between(least_shift, most_shift)};
}

int tflite(std::int32_t x, const QuantizedMultiplier& factor, std::int32_t zero, const ActivationRange& range) {
  const std::int64_t y = std::int64_t{multiply_by_quantized_multiplier(x, factor)} + zero;
  return static_cast<int>(std::clamp<std::int64_t>(y, range.min, range.max));
}

/// The kernels' own function, before the clamp.
int kernel_result(std::int32_t x, std::int32_t multiplier, std::uint32_t shifts, std::int32_t zero, bool relu) {
  const thimble_channel channel = {multiplier, shifts};
  const thimble_scale scale = thimble_scale_of(&channel, 2 * zero + 1, relu ? 1 : 0);
  return thimble_requantise(x, &scale);
}

ChannelQuantization random_channel(Rng& rng) {
  ChannelQuantization channel;
  channel.factor = random_factor(rng, -30, 12);
  channel.relu = rng.chance(0.5);
  channel.output_zero = rng.between(-128, 127);
  channel.range = {channel.relu ? channel.output_zero : -128, 127};
  channel.smallest = -rng.between(0, 3000);
  channel.largest = rng.between(0, 3000);
  return channel;
}

std::int64_t random_bias(Rng& rng, const ChannelQuantization& channel) {
  switch (rng.between(0, 3)) {
    case 0:
      return rng.between(-3000, 3000);
    case 1:  // where the limits of the kernels are
      return (std::int64_t{1} << (30 - std::max(channel.factor.shift, 0))) - rng.between(-4000, 4000);
    case 2:
      return std::int64_t{rng.chance(0.5) ? INT32_MAX : INT32_MIN} + rng.between(-3000, 3000);
    default:
      return rng.between(-(1 << 28), 1 << 28);
  }
}

}  // namespace

TEST_CASE("the general form of a channel gives TFLite's result for every accumulator", "[deploy][pack]") {
  int packed = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Rng rng({seed, 51});
    const ChannelQuantization channel = random_channel(rng);
    const std::int64_t bias = random_bias(rng, channel);
    const auto form = pack_channel(channel, bias);
    if (!form) continue;
    ++packed;
    int wrong = 0;
    for (std::int64_t x = channel.smallest; x <= channel.largest; ++x) {
      const int y = kernel_result(static_cast<std::int32_t>(x) + form->bias, form->multiplier, form->shifts,
                                  channel.output_zero, channel.relu);
      const int expected =
          tflite(static_cast<std::int32_t>(x + bias), channel.factor, channel.output_zero, channel.range);
      wrong += std::clamp(y, channel.range.min, channel.range.max) != expected;
    }
    INFO("seed " << seed << " multiplier " << channel.factor.multiplier << " shift " << channel.factor.shift << " bias "
                 << bias);
    CHECK(form->multiplier >= 0);
    CHECK(wrong == 0);
  }
  CHECK(packed > 500);
}

TEST_CASE("a channel whose zero point would wrap has no form by proof", "[deploy][pack]") {
  ChannelQuantization channel;
  channel.factor = {INT32_MAX, 0};
  channel.output_zero = 120;
  channel.range = {-128, 127};
  channel.smallest = -5;
  channel.largest = 5;
  CHECK_FALSE(reference_is_monotone(channel, INT32_MAX - 100));
  CHECK(reference_result(channel, INT32_MAX) == -128);  // the interpreter's sum wraps
}

TEST_CASE("a whole tensor's factor gives TFLite's result for every accumulator", "[deploy][pack]") {
  int packed = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng({seed, 52});
    const QuantizedMultiplier factor = random_factor(rng, -31, 16);
    const int most = rng.chance(0.5) ? 255 * 255 : rng.between(1, 100'000), zero = rng.between(-128, 127);
    const auto channel = tensor_channel(factor, most);
    if (!channel) continue;
    ++packed;
    int wrong = 0;
    for (int x = -most; x <= most; ++x) {
      const int y = kernel_result(x, channel->multiplier, channel->shifts, zero, false);
      wrong += std::clamp(y, -128, 127) != tflite(x, factor, zero, {-128, 127});
    }
    INFO("seed " << seed << " multiplier " << factor.multiplier << " shift " << factor.shift << " most " << most);
    CHECK(wrong == 0);
  }
  CHECK(packed > 150);
}

TEST_CASE("short forms of products give TFLite's result for all pairs", "[deploy][pack]") {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng({seed, 53});
    const QuantizedMultiplier factor = random_factor(rng, -20, -3);
    const bool low = rng.chance(0.5);  // products of one sign have forms more often
    const MulZeros zeros = {low ? -128 : rng.between(-128, 127), low ? -128 : rng.between(-128, 127),
                            rng.between(-128, 127)};
    const auto form = find_short_mul(factor, zeros);
    if (!form) continue;
    ++found;
    int wrong = 0;
    for (int b = -128; b < 128; ++b) {
      const std::int32_t alpha =
          thimble_mul_alpha(b - zeros.second, form->multiplier, static_cast<std::uint32_t>(form->shift));
      const std::int32_t start = thimble_mul_start(alpha, zeros.first, form->gamma);
      for (int a = -128; a < 128; ++a) {
        const int y = std::clamp((start + thimble_scaled_by(alpha, a)) >> THIMBLE_MUL_SHIFT, -128, 127);
        wrong += y != tflite((a - zeros.first) * (b - zeros.second), factor, zeros.output, {-128, 127});
      }
    }
    INFO("seed " << seed << " multiplier " << factor.multiplier << " shift " << factor.shift);
    CHECK(wrong == 0);
  }
  CHECK(found > 50);
}
