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

/// One channel as the fast kernels read it.
///
/// With j = scale_bits, the result for an accumulator x (bias included) is
///   sat8(((K << 32) + (x << j) * M) >> 32 >> S),             j >= 2: SMMLA
///   sat8(((K << 32) + (x << 1) * M + 2^31) >> 32 >> S),      j = 1: SMMLAR
/// and without relu, 2^(j-1) (j = 1: 1) is taken from K where x < 0.
/// For TFLite's right shift n >= 1 these are its two roundings in one, as floors nest: M its multiplier,
/// S = n + j - 1 and K = 2^(j-2) + 2^(n+j-2) + (zero point << S); j = 1: K = 2^(n-1) + (zero point << n), S = n.
struct PackedChannel {
  std::int32_t bias = 0;
  std::int32_t multiplier = 0;  ///< M, in [0, 2^31)
  std::int32_t addend = 0;      ///< K
  std::uint32_t shift = 0;      ///< S, in [0, 31]
};

/// That form of a channel with `bias` (input zero point folded in). Where the accumulator, the shift or the sign's
/// nudge do not fit, a form with a clamped bias or a shorter multiplier is taken if it gives the same result for every
/// accumulator that can occur, which is proved.
/// @param scale_bits  j in [1, 16]; every accumulator is in [-2^(31-j), 2^(31-j))
/// @return nothing where no such form was found
std::optional<PackedChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias, int scale_bits);

/// One channel as the kernels with a fixed shift read it: the result for a sum of products is, with x = sum + start,
///   sat8((((x < 0 ? addend_below : addend) << 32) + (x << scale_bits) * multiplier) >> 32 >> shift)
struct FixedChannel {
  std::int32_t start = 0;
  std::int32_t multiplier = 0;
  std::int32_t addend = 0;
  std::int32_t addend_below = 0;  ///< the addend itself with relu
};

/// That form of a channel with `bias` (input zero point folded in). It is found by its thresholds: of all sums that can
/// occur, the least one that gives each result. They bound the line that multiplier, start and addend make, so that a
/// form that meets them gives TFLite's result everywhere; which is then proved once more.
/// @param scale_bits  every x is in [-2^(31-scale_bits), 2^(31-scale_bits))
/// @return nothing where no such form was found: the multiplier is too large for the shift, or so small that what is
///         left of it is not precise enough
std::optional<FixedChannel> pack_fixed_channel(const ChannelQuantization& channel, std::int64_t bias, int scale_bits,
                                               int shift);

/// The least x >= 0 for which factor * x modulo `modulus` is in [low, high], -1 if there is none.
/// 0 <= low <= high < modulus, 0 <= factor < modulus <= 2^32.
std::int64_t first_in_range(std::int64_t factor, std::int64_t modulus, std::int64_t low, std::int64_t high);

/// One channel in the form with shifts to both sides, which costs more cycles and holds more channels.
struct GeneralChannel {
  std::int32_t bias = 0;
  std::int32_t multiplier = 0;
  std::uint32_t shifts = 0;  ///< thimble_channel
};

/// The general form of a channel, by proof where it is not exact by construction; nothing where there is none.
std::optional<GeneralChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias);

/// Right shift in [0, 31] and left shift in [0, 30] as thimble_channel holds them.
std::uint32_t channel_shifts(int left, int right);

}  // namespace thimble
