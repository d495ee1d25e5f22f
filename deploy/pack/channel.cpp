#include "deploy/pack/channel.hpp"

#include <algorithm>

namespace thimble {
namespace {

constexpr std::int64_t kAccumulatorLimit = std::int64_t{1} << 30;
/// Rounding and zero point, (2z + 1) << n with |2z + 1| <= 255, stay inside int32 up to here.
constexpr int kMostRightShift = 23;

struct Form {
  std::int64_t bias = 0;
  QuantizedMultiplier factor;
};

int left_shift(const QuantizedMultiplier& factor) { return std::max(factor.shift, 0); }
int right_shift(const QuantizedMultiplier& factor) { return std::max(-factor.shift, 0); }

bool is_exact(const ChannelQuantization& channel, const Form& form) {
  const std::int64_t most = std::max(-(channel.smallest + form.bias), channel.largest + form.bias);
  return most < kAccumulatorLimit >> left_shift(form.factor) && right_shift(form.factor) <= kMostRightShift;
}

int clamped(std::int64_t x, const ChannelQuantization& channel) {
  return static_cast<int>(std::clamp<std::int64_t>(x + channel.output_zero, channel.range.min, channel.range.max));
}

/// TFLite's result for the sum of products `x`.
int reference(const ChannelQuantization& channel, const Form& form, std::int64_t x) {
  return clamped(multiply_by_quantized_multiplier(static_cast<std::int32_t>(x + form.bias), form.factor), channel);
}

/// The kernel's result, whose multiplier may be less than 2^30.
int result(const ChannelQuantization& channel, const Form& form, std::int64_t x) {
  const std::int64_t accumulator = x + form.bias;
  const int right = right_shift(form.factor);
  const std::int64_t nudge = accumulator < 0 && right > 0 && !channel.relu ? 1 : 0;
  const std::int64_t scaled = ((accumulator << left_shift(form.factor)) * form.factor.multiplier + (1 << 30)) >> 31;
  return clamped((scaled + ((std::int64_t{1} << right) >> 1) - nudge) >> right, channel);
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

/// Two functions that do not fall are equal if they reach every value at the same place.
bool gives_the_same(const ChannelQuantization& channel, const Form& original, const Form& form) {
  const auto expected = [&](std::int64_t x) { return reference(channel, original, x); };
  const auto actual = [&](std::int64_t x) { return result(channel, form, x); };
  for (int value = channel.range.min; value <= channel.range.max; ++value) {
    if (threshold(expected, value, channel.smallest, channel.largest) !=
        threshold(actual, value, channel.smallest, channel.largest)) {
      return false;
    }
  }
  return true;
}

/// No accumulator can overflow TFLite's int32, wrap in its left shift, or fall where it should rise.
bool is_monotone(const ChannelQuantization& channel, const Form& form) {
  const std::int64_t most = std::max(-(channel.smallest + form.bias), channel.largest + form.bias);
  return most < (std::int64_t{1} << 31) >> left_shift(form.factor);
}

Form shortened(const ChannelQuantization& channel, Form form) {
  const int excess = right_shift(form.factor) - kMostRightShift;
  if (excess > 0) {
    form.factor.multiplier =
        static_cast<std::int32_t>((std::int64_t{form.factor.multiplier} + (std::int64_t{1} << (excess - 1))) >> excess);
    form.factor.shift = -kMostRightShift;
  }
  const std::int64_t limit = (kAccumulatorLimit >> left_shift(form.factor)) - 1;
  form.bias =
      std::clamp(form.bias, -limit - channel.smallest, std::max(limit - channel.largest, -limit - channel.smallest));
  return form;
}

/// The form of a channel without weights: the result itself, times one.
Form constant(const ChannelQuantization& channel, const Form& form) {
  return {reference(channel, form, channel.smallest) - channel.output_zero, {1 << 30, 1}};
}

PackedChannel packed(const Form& form) {
  return {static_cast<std::int32_t>(form.bias), form.factor.multiplier,
          channel_shifts(left_shift(form.factor), right_shift(form.factor))};
}

}  // namespace

std::uint32_t channel_shifts(int left, int right) {
  const std::uint32_t nudge = right == 0 ? 32 : 31;
  return static_cast<std::uint32_t>(right) | static_cast<std::uint32_t>(left + 1) << 8 | nudge << 16;
}

namespace {

/// A form near `first` that gives the same results: its multiplier and bias moved by a few units.
std::optional<Form> search_near(const ChannelQuantization& channel, const Form& original, const Form& first) {
  for (int bias_step : {0, 1, -1, 2, -2, 3, -3}) {
    for (int multiplier_step : {0, 1, -1, 2, -2, 3, -3}) {
      Form form = first;
      form.bias += bias_step;
      form.factor.multiplier += multiplier_step;
      if (is_exact(channel, form) && gives_the_same(channel, original, form)) return form;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<PackedChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias) {
  const Form original{bias, channel.factor};
  if (is_exact(channel, original)) return packed(original);
  if (!is_monotone(channel, original)) return std::nullopt;
  if (channel.smallest == channel.largest) return packed(constant(channel, original));
  const std::optional<Form> form = search_near(channel, original, shortened(channel, original));
  if (!form) return std::nullopt;
  return packed(*form);
}

}  // namespace thimble
