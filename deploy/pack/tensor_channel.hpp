#pragma once
#include <cstdint>
#include <optional>

#include "graph/quantized_math.hpp"

namespace thimble {

/// A whole tensor's factor as thimble_channel holds it.
struct TensorChannel {
  std::int32_t multiplier = 0;
  std::uint32_t shifts = 0;
};

/// The words with which thimble_requantise is exact for every accumulator in [-most, most].
/// @return nothing where the accumulator, shifted left, may reach 2^30, or the right shift is above 23 and a result
///         may differ from the zero point
std::optional<TensorChannel> tensor_channel(const QuantizedMultiplier& factor, std::int64_t most);

}  // namespace thimble
