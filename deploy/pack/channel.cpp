#include "deploy/pack/channel.hpp"

#include "deploy/pack/channel_proof.hpp"

namespace thimble {
namespace {

/// K reaches 2^29 here: with the product, below 2^30, it stays inside int32.
constexpr int kMostShift = 22;

struct Form {
  std::int64_t bias = 0, multiplier = 0, addend = 0;
  int shift = 0;
};

std::int64_t power(int exponent) { return exponent < 0 ? 0 : std::int64_t{1} << exponent; }

/// For a right shift n, 0 or negative too, where the reference does not round a second time; `excess` bits are taken
/// from the multiplier, the shift, and the halves that round.
Form natural(const ChannelQuantization& channel, std::int64_t bias, int excess, int j) {
  const int n = -channel.factor.shift, shift = n + j - 1 - excess;
  const std::int64_t multiplier = (channel.factor.multiplier + (power(excess) >> 1)) >> excess;
  const std::int64_t first = j == 1 ? 0 : power(std::min(n, 0) + j - 2 - excess);
  const std::int64_t second = n >= 1 ? power(n + j - 2 - excess) : 0;
  return {bias, multiplier, first + second + channel.output_zero * power(shift), shift};
}

bool fits(const ChannelQuantization& channel, const Form& form, int j) {
  if (form.shift < 0 || form.shift > kMostShift || form.multiplier < 0 || form.multiplier >= power(31)) return false;
  return accumulator_bound(channel, form.bias) <= power(31 - j);
}

/// What the kernel computes for a sum of products, before the activation's clamp to less than int8.
int result(const ChannelQuantization& channel, const Form& form, int j, std::int64_t sum) {
  const std::int64_t x = sum + form.bias;
  const std::int64_t nudge = x < 0 && !channel.relu ? power(j - 1) : 0;
  const std::int64_t product = x * power(j) * form.multiplier + (j == 1 ? power(31) : 0);
  return clamped_result((form.addend - nudge + (product >> 32)) >> form.shift, channel);
}

bool is_proved(const ChannelQuantization& channel, std::int64_t bias, const Form& form, int j) {
  return same_everywhere(
      channel, [&](std::int64_t sum) { return reference_result(channel, sum + bias); },
      [&](std::int64_t sum) { return result(channel, form, j, sum); });
}

/// A channel without weights is its result, times nothing.
Form constant(const ChannelQuantization& channel, std::int64_t bias) {
  return {-channel.smallest, 0, reference_result(channel, channel.smallest + bias), 0};
}

/// The natural form with as much taken from the multiplier and the bias as makes it fit.
Form shortened(const ChannelQuantization& channel, std::int64_t bias, int j) {
  const int n = -channel.factor.shift, excess = std::max(n + j - 1 - kMostShift, 0);
  const std::int64_t limit = power(31 - j) - 8;
  const std::int64_t low = -limit - channel.smallest;
  return natural(channel, std::clamp(bias, low, std::max(limit - channel.largest, low)), excess, j);
}

/// A form near `first` that gives the same results: its multiplier and bias moved by a few units.
std::optional<Form> search_near(const ChannelQuantization& channel, std::int64_t bias, const Form& first, int j) {
  for (int bias_step : {0, 1, -1, 2, -2, 3, -3}) {
    for (int multiplier_step : {0, 1, -1, 2, -2, 3, -3}) {
      Form form = first;
      form.bias += bias_step;
      form.multiplier += multiplier_step;
      if (fits(channel, form, j) && is_proved(channel, bias, form, j)) return form;
    }
  }
  return std::nullopt;
}

std::optional<Form> find_form(const ChannelQuantization& channel, std::int64_t bias, int j) {
  if (channel.smallest == channel.largest) return constant(channel, bias);
  if (!reference_is_monotone(channel, bias)) return std::nullopt;
  const int n = -channel.factor.shift;
  const Form first = natural(channel, bias, 0, j);
  // By construction; for n <= 0 the rounding of the product must be whole, and no tie of a second one is nudged.
  const bool exact = n >= 1 || (channel.relu && n + j - (j == 1 ? 1 : 2) >= 0);
  if (exact && fits(channel, first, j)) return first;
  return search_near(channel, bias, shortened(channel, bias, j), j);
}

}  // namespace

std::optional<PackedChannel> pack_channel(const ChannelQuantization& channel, std::int64_t bias, int scale_bits) {
  const std::optional<Form> form = find_form(channel, bias, scale_bits);
  if (!form) return std::nullopt;
  return PackedChannel{static_cast<std::int32_t>(form->bias), static_cast<std::int32_t>(form->multiplier),
                       static_cast<std::int32_t>(form->addend), static_cast<std::uint32_t>(form->shift)};
}

}  // namespace thimble
