#pragma once
#include <cstdint>
#include <optional>

#include "graph/quantized_math.hpp"

namespace thimble {

/// Everything between an output channel's accumulator and its int8 result.
struct ChannelQuantization {
  QuantizedMultiplier factor;
  std::int32_t output_zero = 0;
  ActivationRange range;
  bool relu = false;          ///< range.min >= output_zero: the kernel leaves the nudge of negative ties out
  std::int64_t smallest = 0;  ///< accumulator over all inputs, without the bias
  std::int64_t largest = 0;
};

/// One channel as the kernels read it.
struct PackedChannel {
  std::int32_t bias = 0;
  std::int32_t multiplier = 0;
  std::uint32_t shifts = 0;  ///< thimble_channel
};

/// The kernels' form of a channel with `bias` (input zero point folded in). Where the accumulator or the shift leaves
/// the range in which the kernels are exact, a form with a clamped bias or a shorter multiplier is taken if it gives
/// the same result for every accumulator that can occur, which is proved.
/// @return nothing where there is no such form
std::optional<PackedChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias);

/// Right shift in [0, 31] and left shift in [0, 30] as thimble_channel holds them.
std::uint32_t channel_shifts(int left, int right);

}  // namespace thimble
