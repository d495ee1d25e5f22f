#include "deploy/pack/channel.hpp"

#include "deploy/pack/channel_proof.hpp"

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

/// The kernel's result, whose multiplier may be less than 2^30.
int result(const ChannelQuantization& channel, const Form& form, std::int64_t x) {
  const std::int64_t accumulator = x + form.bias;
  const int right = right_shift(form.factor);
  const std::int64_t nudge = accumulator < 0 && right > 0 && !channel.relu ? 1 : 0;
  const std::int64_t scaled = ((accumulator << left_shift(form.factor)) * form.factor.multiplier + (1 << 30)) >> 31;
  return clamped_result(((scaled + ((std::int64_t{1} << right) >> 1) - nudge) >> right) + channel.output_zero, channel);
}

bool gives_the_same(const ChannelQuantization& channel, const Form& original, const Form& form) {
  return same_everywhere(
      channel, [&](std::int64_t x) { return reference_result(channel, x + original.bias); },
      [&](std::int64_t x) { return result(channel, form, x); });
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
  return {reference_result(channel, channel.smallest + form.bias) - channel.output_zero, {1 << 30, 1}};
}

GeneralChannel packed(const Form& form) {
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
      const std::int64_t multiplier = std::int64_t{first.factor.multiplier} + multiplier_step;
      if (multiplier < 0 || multiplier > INT32_MAX) continue;
      form.factor.multiplier = static_cast<std::int32_t>(multiplier);
      if (is_exact(channel, form) && gives_the_same(channel, original, form)) return form;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<GeneralChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias) {
  const Form original{bias, channel.factor};
  if (is_exact(channel, original)) return packed(original);
  if (channel.smallest == channel.largest) return packed(constant(channel, original));
  if (!reference_is_monotone(channel, bias)) return std::nullopt;
  const std::optional<Form> form = search_near(channel, original, shortened(channel, original));
  if (!form) return std::nullopt;
  return packed(*form);
}

}  // namespace thimble
