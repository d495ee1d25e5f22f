#include <algorithm>

#include "deploy/pack/channel_proof.hpp"
#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// What deploy/kernels/gemm.h computes, with 64 bits to see what would not fit 32.
struct Kernel {
  FixedChannel form;
  int scale_bits = 0, shift = 0;

  std::int64_t scaled(std::int64_t sum) const {
    const std::int64_t x = sum + form.start, addend = x < 0 ? form.addend_below : form.addend;
    return addend + (x * (std::int64_t{1} << scale_bits) * form.multiplier >> 32);
  }
  int operator()(std::int64_t sum, const ChannelQuantization& channel) const {
    return clamped_result(scaled(sum) >> shift, channel);
  }
};

bool is_int32(std::int64_t value) { return value == static_cast<std::int32_t>(value); }

struct Case {
  ChannelQuantization channel;
  std::int64_t bias = 0;
};

/// A channel whose sums reach about as far as its results, at right shift n.
Case random_case(Rng& rng, int n, bool relu, std::int64_t most) {
  Case c;
  ChannelQuantization& channel = c.channel;
  channel.factor = {rng.chance(0.1) ? 1 << 30 : rng.between(1 << 30, 2147483647), -n};
  channel.relu = relu;
  channel.output_zero = rng.between(-128, 127);
  channel.range = {relu ? channel.output_zero : -128, rng.chance(0.2) ? rng.between(channel.output_zero, 127) : 127};
  const auto reach = [&] { return std::min<std::int64_t>(rng.between(1, 400) << n, most); };
  channel.smallest = -reach();
  channel.largest = reach();
  c.bias = rng.between(-200, 200) * (std::int64_t{1} << n) + rng.between(0, 1 << n);
  return c;
}

/// The smallest accumulator that gives each result, and its neighbours: where forms could differ.
std::vector<std::int64_t> places(const Case& c) {
  std::vector<std::int64_t> sums = {c.channel.smallest, c.channel.largest};
  const auto reference = [&](std::int64_t sum) { return reference_result(c.channel, sum + c.bias); };
  for (int value = c.channel.range.min; value <= c.channel.range.max; ++value) {
    const std::int64_t at = threshold(reference, value, c.channel.smallest, c.channel.largest);
    for (std::int64_t sum = at - 2; sum <= at + 2; ++sum) sums.push_back(sum);
  }
  for (std::int64_t sum = -c.bias - 3; sum <= -c.bias + 3; ++sum) sums.push_back(sum);
  std::erase_if(sums, [&](std::int64_t sum) { return sum < c.channel.smallest || sum > c.channel.largest; });
  return sums;
}

/// Whether it has a form, which must then be TFLite's everywhere that is asked for.
bool check_form(const Case& c, int scale_bits, int shift, const std::vector<std::int64_t>& sums) {
  const auto form = pack_fixed_channel(c.channel, c.bias, scale_bits, shift);
  if (!form) return false;
  const Kernel kernel{*form, scale_bits, shift};
  const std::int64_t limit = std::int64_t{1} << (31 - scale_bits);
  bool inside = true;
  std::int64_t differing = 0;
  for (std::int64_t sum : sums) {
    // A channel whose sums do not matter may have any.
    inside &= form->multiplier == 0 || (sum + form->start >= -limit && sum + form->start < limit);
    inside &= is_int32(kernel.scaled(sum));
    differing += kernel(sum, c.channel) != reference_result(c.channel, sum + c.bias);
  }
  CHECK(inside);
  CHECK(differing == 0);
  CHECK(form->multiplier >= 0);
  if (c.channel.relu) CHECK(form->addend == form->addend_below);
  return true;
}

struct Form {
  const char* name;
  bool relu;
  int scale_bits, shift, least_n, most_n;  ///< where nearly every channel has one
};
const std::vector<Form> forms = {{"relu, even", true, 0, 3, 4, 9},        {"relu, odd", true, 8, 11, 4, 9},
                                 {"relu, doubled", true, 10, 11, 2, 7},   {"relu, even, doubled", true, 1, 3, 3, 8},
                                 {"any activation", false, 8, 14, 7, 12}, {"any, doubled", false, 9, 14, 6, 10}};

}  // namespace

TEST_CASE("a form with a fixed shift is TFLite's for every sum that can occur", "[deploy][pack]") {
  Rng rng({31});
  for (const Form& form : forms) {
    int found = 0, tried = 0;
    for (int n = form.least_n; n <= form.most_n; ++n) {
      for (int i = 0; i < 12; ++i, ++tried) {
        const Case c = random_case(rng, n, form.relu, 6000);
        std::vector<std::int64_t> all;
        for (std::int64_t sum = c.channel.smallest; sum <= c.channel.largest; ++sum) all.push_back(sum);
        INFO(form.name << ", right shift " << n << ", case " << i);
        found += check_form(c, form.scale_bits, form.shift, all);
      }
    }
    INFO(form.name);
    CHECK(found >= tried - 1);
  }
}

TEST_CASE("a form with a fixed shift has TFLite's thresholds", "[deploy][pack]") {
  Rng rng({32});
  for (const Form& form : forms) {
    int found = 0, tried = 0;
    for (int n = 0; n <= 24; ++n) {
      for (int i = 0; i < 30; ++i) {
        const std::int64_t most = (std::int64_t{1} << (30 - std::max(form.scale_bits, 3))) - 1;
        const Case c = random_case(rng, std::min(n, 20), form.relu, most);
        INFO(form.name << ", right shift " << n << ", case " << i);
        const bool has_form = check_form(c, form.scale_bits, form.shift, places(c));
        const bool expected = n >= form.least_n && n <= form.most_n && std::abs(c.bias) < most / 2;
        found += expected && has_form;
        tried += expected;
      }
    }
    INFO(form.name << ": " << found << " of " << tried);
    CHECK(found >= tried - tried / 20);
  }
}

TEST_CASE("sums that cannot matter and biases beyond them have forms with a fixed shift", "[deploy][pack]") {
  Case c;
  c.channel.factor = {1431655765, -9};
  c.channel.range = {-128, 127};
  c.channel.output_zero = -3;
  for (bool relu : {true, false}) {
    c.channel.relu = relu;
    c.channel.smallest = -5000, c.channel.largest = 5000;
    for (std::int64_t bias : {-20000000, -40000, 40000, 20000000}) {
      c.bias = bias;
      CHECK(check_form(c, 8, relu ? 11 : 14, places(c)));
    }
    c.channel.smallest = c.channel.largest = 0;
    c.bias = 2147483647;
    CHECK(check_form(c, 8, relu ? 11 : 14, {0}));
  }
  c.channel.factor.shift = 3;  // no shift to the left
  c.channel.smallest = -50, c.channel.largest = 50, c.bias = 0;
  CHECK_FALSE(pack_fixed_channel(c.channel, c.bias, 8, 14));
}

TEST_CASE("first_in_range is the least multiple in a range", "[deploy][pack]") {
  Rng rng({33});
  for (int i = 0; i < 2000; ++i) {
    const int modulus = rng.between(2, 300), factor = rng.between(0, modulus - 1);
    const int low = rng.between(0, modulus - 1), high = rng.between(low, modulus - 1);
    std::int64_t expected = -1;
    for (int x = 0; x < modulus && expected < 0; ++x)
      if (factor * x % modulus >= low && factor * x % modulus <= high) expected = x;
    INFO(factor << " x modulus " << modulus << " in " << low << " to " << high);
    CHECK(first_in_range(factor, modulus, low, high) == expected);
  }
  CHECK(first_in_range(2147483647, std::int64_t{1} << 32, 5, 5) == 2147483643);
}
