#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "deploy/pack/channel.hpp"
#include "deploy/pack/channel_proof.hpp"

namespace thimble {
namespace {

using Int = std::int64_t;

constexpr Int kWord = Int{1} << 32;  ///< of the product's fraction
constexpr int kMostStartStep = 256;  ///< moves of the start that are tried where the sign counts

Int floor_of_fraction(Int value) { return value & (kWord - 1); }

/// What a kernel computes for a sum of products, without saturation.
class Kernel {
 public:
  Kernel(const FixedChannel& form, int scale_bits, int shift) : form_(form), scale_bits_(scale_bits), shift_(shift) {}

  Int operator()(Int sum) const {
    const Int x = sum + form_.start;
    const Int addend = x < 0 ? form_.addend_below : form_.addend;
    return (addend + (x * (Int{1} << scale_bits_) * form_.multiplier >> 32)) >> shift_;
  }

 private:
  FixedChannel form_;
  int scale_bits_, shift_;
};

/// The smallest sum of products whose result is `value` or more.
struct Threshold {
  int value = 0;
  Int sum = 0;  ///< largest + 1: none
};

/// About where a threshold is, from the multiplier; then the reference is asked.
Int threshold_near(const ChannelQuantization& channel, Int bias, int value) {
  const auto reached = [&](Int sum) { return reference_result(channel, sum + bias) >= value; };
  const double unit = std::ldexp(1.0, 31 - channel.factor.shift) / std::max(channel.factor.multiplier, 1);
  const double guess = (value - channel.output_zero - 0.5) * unit - static_cast<double>(bias);
  const Int end = channel.largest + 1;
  Int sum = static_cast<Int>(std::clamp(guess, static_cast<double>(channel.smallest), static_cast<double>(end)));
  int tries = 0;
  for (; sum > channel.smallest && reached(sum - 1); --sum)
    if (++tries > 64) return threshold(reached, 1, channel.smallest, channel.largest);
  for (; sum < end && !reached(sum); ++sum)
    if (++tries > 64) return threshold(reached, 1, channel.smallest, channel.largest);
  return sum;
}

/// Those that decide the results of all sums that can occur.
std::vector<Threshold> thresholds_of(const ChannelQuantization& channel, Int bias) {
  const int first = reference_result(channel, channel.smallest + bias);
  const int last = reference_result(channel, channel.largest + bias);
  std::vector<Threshold> result;
  for (int value = std::max(first, channel.range.min + 1); value <= std::min(last + 1, channel.range.max); ++value)
    result.push_back({value, threshold_near(channel, bias, value)});
  return result;
}

/// What K * 2^32 + start * step may be, where step is the multiplier times the scale, for all thresholds to be met.
struct Window {
  Int low = std::numeric_limits<Int>::min(), high = std::numeric_limits<Int>::max();

  bool is_bounded() const { return low != std::numeric_limits<Int>::min() || high != std::numeric_limits<Int>::max(); }
  /// `value` is reached at x, not before.
  void reach(Int least, Int product) { low = std::max(low, least - product); }
  void stay_below(Int least, Int product) { high = std::min(high, least - product - 1); }
};

/// Results do not fall from one sum to the next, so that thresholds decide.
class Search {
 public:
  Search(const ChannelQuantization& channel, Int bias, int scale_bits, int shift)
      : channel_(channel), bias_(bias), scale_bits_(scale_bits), shift_(shift) {}

  std::optional<FixedChannel> run() {
    if (is_constant()) return constant();
    if (excess() < 0) return std::nullopt;
    thresholds_ = thresholds_of(channel_, bias_);
    const bool one_sign = channel_.smallest + bias_ >= 0 || channel_.largest + bias_ < 0;
    for (Int multiplier : multipliers()) {
      const auto form = channel_.relu || one_sign ? without_nudge(multiplier) : with_nudge(multiplier);
      if (form && is_proved(*form)) return form;
    }
    return std::nullopt;
  }

 private:
  bool is_constant() const {
    return reference_result(channel_, channel_.smallest + bias_) ==
           reference_result(channel_, channel_.largest + bias_);
  }

  /// The result whatever the sum.
  std::optional<FixedChannel> constant() const {
    const auto addend =
        static_cast<std::int32_t>(Int{reference_result(channel_, channel_.smallest + bias_)} * (1 << shift_));
    return FixedChannel{0, 0, addend, addend};
  }

  /// Bits that the multiplier has to lose.
  int excess() const { return scale_bits_ - 1 - channel_.factor.shift - shift_; }

  /// TFLite's shortened to the shift, and its neighbours.
  std::vector<Int> multipliers() const {
    std::vector<Int> result;
    const int bits = std::min(excess(), 31);
    const Int half = bits == 0 ? 0 : Int{1} << (bits - 1);
    for (Int step : {0, 1, -1, 2, -2, 3, -3, 4, -4}) {
      const Int multiplier = ((Int{channel_.factor.multiplier} + half) >> bits) + step;
      if (multiplier > 0 && multiplier < Int{1} << 31) result.push_back(multiplier);
    }
    return result;
  }

  Int least_of(const Threshold& t) const { return t.value * (kWord << shift_); }
  Int limit() const { return Int{1} << (31 - scale_bits_); }
  bool holds(Int start) const { return channel_.smallest + start >= -limit() && channel_.largest + start < limit(); }

  /// Any start will do; the least one whose product leaves the fraction that is wanted.
  std::optional<FixedChannel> without_nudge(Int multiplier) const {
    const Int step = multiplier << scale_bits_;
    if (!holds(0)) return std::nullopt;
    Window window;
    for (const Threshold& t : thresholds_) {
      if (t.sum <= channel_.largest) window.reach(least_of(t), step * t.sum);
      if (t.sum > channel_.smallest) window.stay_below(least_of(t), step * (t.sum - 1));
    }
    if (window.low > window.high) return std::nullopt;
    const Int most = floor_of_fraction(window.high), width = std::min(window.high - window.low, kWord - 1);
    const Int start = first_in_range(floor_of_fraction(step), kWord, std::max<Int>(most - width, 0), most);
    if (start < 0 || !holds(start)) return std::nullopt;
    const Int addend = (window.high - step * start) >> 32;
    return form(start, multiplier, addend, addend);
  }

  /// The start is the bias or near it, since the sum's sign chooses between the addends.
  std::optional<FixedChannel> with_nudge(Int multiplier) const {
    for (int i = 0; i < 2 * kMostStartStep; ++i) {
      const Int start = bias_ + (i % 2 == 0 ? i / 2 : -(i + 1) / 2);
      if (!holds(start)) continue;
      if (const auto form = with_signs(multiplier, start)) return form;
    }
    return std::nullopt;
  }

  std::optional<FixedChannel> with_signs(Int multiplier, Int start) const {
    const Int step = multiplier << scale_bits_;
    Window above, below;
    for (const Threshold& t : thresholds_) {
      const Int x = t.sum + start;
      if (t.sum <= channel_.largest) (x < 0 ? below : above).reach(least_of(t), step * x);
      if (t.sum > channel_.smallest) (x - 1 < 0 ? below : above).stay_below(least_of(t), step * (x - 1));
    }
    const Int addend = addend_in(above.is_bounded() ? above : below);
    const Int addend_below = addend_in(below.is_bounded() ? below : above);
    if (!is_in(addend, above) || !is_in(addend_below, below)) return std::nullopt;
    return form(start, multiplier, addend, addend_below);
  }

  static Int addend_in(const Window& window) {
    return window.high != std::numeric_limits<Int>::max() ? window.high >> 32 : -(-window.low >> 32);
  }
  static bool is_in(Int addend, const Window& window) {
    return !window.is_bounded() || (addend * kWord >= window.low && addend * kWord <= window.high);
  }

  static std::optional<FixedChannel> form(Int start, Int multiplier, Int addend, Int addend_below) {
    for (Int value : {start, multiplier, addend, addend_below})
      if (value != static_cast<std::int32_t>(value)) return std::nullopt;
    return FixedChannel{static_cast<std::int32_t>(start), static_cast<std::int32_t>(multiplier),
                        static_cast<std::int32_t>(addend), static_cast<std::int32_t>(addend_below)};
  }

  /// Nothing overflows, and every threshold is where the reference has it.
  bool is_proved(const FixedChannel& form) const {
    const Kernel kernel(form, scale_bits_, shift_);
    for (Int sum : {channel_.smallest, channel_.largest}) {
      const Int shifted = kernel(sum) * (Int{1} << shift_);
      if (shifted < -(Int{1} << 31) || shifted >= (Int{1} << 31) - (Int{1} << shift_)) return false;
    }
    for (const Threshold& t : thresholds_) {
      if (t.sum <= channel_.largest && kernel(t.sum) < t.value) return false;
      if (t.sum > channel_.smallest && kernel(t.sum - 1) >= t.value) return false;
    }
    // Its results fall nowhere: at most where the addend changes, which is before the first sum that is not negative.
    const Int zero = -Int{form.start};
    return zero <= channel_.smallest || zero > channel_.largest || kernel(zero - 1) <= kernel(zero);
  }

  const ChannelQuantization& channel_;
  Int bias_;
  int scale_bits_, shift_;
  std::vector<Threshold> thresholds_;
};

}  // namespace

std::int64_t first_in_range(std::int64_t factor, std::int64_t modulus, std::int64_t low, std::int64_t high) {
  if (low == 0) return 0;
  if (factor == 0) return -1;
  if (2 * factor > modulus) return first_in_range(modulus - factor, modulus, modulus - high, modulus - low);
  const Int next = (low + factor - 1) / factor;
  if (next * factor <= high) return next;
  const auto rest = [&](Int value) { return (factor - value % factor) % factor; };
  const Int turns = first_in_range(modulus % factor, factor, rest(high), rest(low));
  if (turns < 0) return -1;
  const auto u = [](Int value) { return static_cast<std::uint64_t>(value); };
  return static_cast<Int>((u(low) + u(modulus) * u(turns) + u(factor) - 1) / u(factor));
}

std::optional<FixedChannel> pack_fixed_channel(const ChannelQuantization& channel, std::int64_t bias, int scale_bits,
                                               int shift) {
  if (channel.smallest != channel.largest && !reference_is_monotone(channel, bias)) return std::nullopt;
  return Search(channel, bias, scale_bits, shift).run();
}

}  // namespace thimble
