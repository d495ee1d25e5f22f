#pragma once
#include <algorithm>
#include <cstdint>

#include "deploy/pack/channel.hpp"

namespace thimble {

// How a form of a channel is proved equal to TFLite's.

inline int clamped_result(std::int64_t x, const ChannelQuantization& channel) {
  return static_cast<int>(std::clamp<std::int64_t>(x, channel.range.min, channel.range.max));
}

/// TFLite's result for an accumulator: sums wrap.
inline int reference_result(const ChannelQuantization& channel, std::int64_t accumulator) {
  const auto x = static_cast<std::int32_t>(accumulator);
  const auto scaled = static_cast<std::uint32_t>(multiply_by_quantized_multiplier(x, channel.factor));
  return clamped_result(static_cast<std::int32_t>(scaled + static_cast<std::uint32_t>(channel.output_zero)), channel);
}

/// Larger than the magnitude of every accumulator.
inline std::int64_t accumulator_bound(const ChannelQuantization& channel, std::int64_t bias) {
  return std::max(-(channel.smallest + bias), channel.largest + bias) + 1;
}

/// No accumulator overflows TFLite's int32, wraps in its left shift or with the zero point, so that results rise with
/// accumulators. The factor is below one after that shift.
inline bool reference_is_monotone(const ChannelQuantization& channel, std::int64_t bias) {
  constexpr std::int64_t kLimit = (std::int64_t{1} << 31) - 256;  // room for the zero point and the roundings
  return accumulator_bound(channel, bias) <= kLimit >> std::max(channel.factor.shift, 0);
}

/// The smallest x in [low, high] with f(x) >= value, high + 1 if there is none; f does not fall.
template <class F>
std::int64_t threshold(const F& f, int value, std::int64_t low, std::int64_t high) {
  ++high;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (f(middle) >= value) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// Whether two functions of the sum of products, which do not fall, are equal: they reach every value at one place.
template <class F, class G>
bool same_everywhere(const ChannelQuantization& channel, const F& expected, const G& actual) {
  for (int value = channel.range.min; value <= channel.range.max; ++value) {
    const std::int64_t at = threshold(expected, value, channel.smallest, channel.largest);
    if (at <= channel.largest && actual(at) < value) return false;
    if (at > channel.smallest && actual(at - 1) >= value) return false;
  }
  return true;
}

}  // namespace thimble
