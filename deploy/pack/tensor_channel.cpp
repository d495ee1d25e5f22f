#include "deploy/pack/tensor_channel.hpp"

#include <algorithm>

#include "deploy/pack/channel.hpp"

namespace thimble {

std::optional<TensorChannel> tensor_channel(const QuantizedMultiplier& factor, std::int64_t most) {
  constexpr int kMostRightShift = 23;
  const int left = std::max(factor.shift, 0), right = std::max(-factor.shift, 0);
  if (most >= (std::int64_t{1} << 30) >> left) return std::nullopt;
  if (right <= kMostRightShift) return TensorChannel{factor.multiplier, channel_shifts(left, right)};
  // |accumulator| * 2^-right below one half: every result is the zero point, as with a factor of 0.
  if (most >= std::int64_t{1} << (right - 1)) return std::nullopt;
  return TensorChannel{0, channel_shifts(0, 1)};
}

}  // namespace thimble
