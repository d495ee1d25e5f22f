#include "deploy/pack/gemm.hpp"

#include <array>
#include <optional>
#include <utility>

#include "deploy/kernels/gemm.h"
#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;  ///< output channels that are packed together
constexpr int kScaleBits = 8;

/// Convolutions whose windows deploy/kernels/conv2d_few.c reads from lines.
bool is_few(const WindowGeometry& g) {
  return g.in_c <= 3 && g.kernel_w >= 2 && g.stride_w <= 2 && g.out_c % kBlock == 0;
}

/// Input pairs of such a window: columns in twos, of which the second is mirrored.
std::vector<std::array<int, 2>> line_pairs(const WindowGeometry& g) {
  const int column = g.kernel_h * g.in_c;
  std::vector<std::array<int, 2>> pairs(static_cast<std::size_t>((g.column_size() + 1) / 2), {-1, -1});
  for (int y = 0; y < g.kernel_h; ++y) {
    for (int x = 0; x < g.kernel_w; ++x) {
      for (int c = 0; c < g.in_c; ++c) {
        const int even_channels = (g.in_c + 1) / 2;
        const int position = c % 2 == 0 ? y * even_channels + c / 2 : g.kernel_h * even_channels + y;
        const int half = x / 2 * 2 * column + (x % 2 == 0 ? position : 2 * column - 1 - position);
        pairs[static_cast<std::size_t>(half / 2)][static_cast<std::size_t>(half % 2)] =
            (y * g.kernel_w + x) * g.in_c + c;
      }
    }
  }
  return pairs;
}

/// Input pairs of a column, in the order of deploy/kernels/gemm.h; -1: meets a zero weight.
std::vector<std::array<int, 2>> column_pairs(const WindowGeometry& g, bool lines) {
  if (lines && is_few(g)) return line_pairs(g);
  std::vector<std::array<int, 2>> pairs;
  std::vector<int> rests;
  const int segment = g.kernel_w * g.in_c, fours = segment / 4 * 4;
  for (int first = 0; first < g.column_size(); first += segment) {
    for (int k = first; k < first + fours; k += 4) {
      pairs.push_back({k, k + 2});
      pairs.push_back({k + 1, k + 3});
    }
    for (int k = first + fours; k < first + segment; ++k) rests.push_back(k);
  }
  if (rests.size() % 2 != 0) rests.push_back(-1);
  for (std::size_t i = 0; i < rests.size(); i += 2) pairs.push_back({rests[i], rests[i + 1]});
  return pairs;
}

/// Two channels in a halfword; -2^15 has no such form.
int halfword(const ChannelWeights& w, int channel, int tap) {
  return 256 * w.at(channel + 1, tap) + w.at(channel, tap);
}

bool is_shareable(const ChannelWeights& w, int channel) {
  for (int tap = 0; tap < w.taps; ++tap) {
    if (halfword(w, channel, tap) < -32768) return false;
  }
  return true;
}

/// The weights of two inputs for two channels; where they do not share a halfword, the odd one's are the high bytes.
std::uint32_t weight_word(const ChannelWeights& w, int channel, const std::array<int, 2>& pair, bool wide) {
  const auto [first, second] = pair;
  if (wide)
    return word_of(w.at(channel, first), w.at(channel + 1, first), w.at(channel, second), w.at(channel + 1, second));
  const auto low = static_cast<std::uint16_t>(halfword(w, channel, first));
  return low | static_cast<std::uint32_t>(static_cast<std::uint16_t>(halfword(w, channel, second))) << 16;
}

bool has_values(const Tensor& tensor) { return !std::holds_alternative<std::monostate>(tensor.data); }

/// What a block holds of a channel besides its weights.
struct Constants {
  std::int32_t start = 0;
  std::array<std::uint32_t, 3> words = {};
};
using Channels = std::vector<Constants>;

std::uint32_t bits(std::int32_t value) { return static_cast<std::uint32_t>(value); }

/// With relu, sums of even channels are not scaled.
std::optional<FixedChannel> fixed_channel(const ChannelCase& one, std::size_t index, int doublings) {
  const auto pack = [&](int scale_bits, int shift) {
    auto form = pack_fixed_channel(one.quantization, one.bias, scale_bits + doublings, shift);
    if (form) form->start *= 1 << doublings;
    return form;
  };
  if (!one.quantization.relu) return pack(kScaleBits, THIMBLE_GEMM_SHIFT_ANY);
  return index % 2 == 0 ? pack(0, THIMBLE_GEMM_SHIFT_RELU_EVEN) : pack(kScaleBits, THIMBLE_GEMM_SHIFT_RELU);
}

/// The narrow forms of all channels; nothing where one has none.
std::optional<Channels> narrow_channels(const ChannelWeights& w, const std::vector<ChannelCase>& cases, int doublings) {
  Channels channels;
  for (int c = 0; c < w.channels; c += 2) {
    if (!is_shareable(w, c)) return std::nullopt;
  }
  for (const ChannelCase& one : cases) {
    const auto form = fixed_channel(one, channels.size(), doublings);
    if (!form) return std::nullopt;
    channels.push_back({form->start, {bits(form->multiplier), bits(form->addend), bits(form->addend_below)}});
  }
  return channels;
}

/// The wide forms: the bias as the start, multiplier, shifts, no nudge with relu; or the index of a channel that has
/// none.
Result<Channels, int> wide_channels(const std::vector<ChannelCase>& cases) {
  Channels channels;
  for (const ChannelCase& one : cases) {
    const auto packed = pack_channel(one.quantization, one.bias);
    if (!packed) return static_cast<int>(channels.size());
    const std::uint32_t no_nudge = 32u << 16, nudges = 0xffu << 16;
    const std::uint32_t shifts = one.quantization.relu ? (packed->shifts & ~nudges) | no_nudge : packed->shifts;
    channels.push_back({packed->bias, {bits(packed->multiplier), shifts}});
  }
  return channels;
}

/// Words of a channel's constants.
std::size_t constants_of(const Operator& op) { return op.activation != Activation::kNone ? 2 : 3; }

Words interleaved(const ChannelWeights& w, Channels channels, const std::vector<std::array<int, 2>>& pairs,
                  std::size_t constants, bool wide) {
  channels.resize(static_cast<std::size_t>(round_up(w.channels, kBlock)));
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const Constants* block = channels.data() + c;
    const auto start = [&](int i) { return bits(block[i].start); };
    const auto both = [&](int i) { return wide ? start(i + 1) : 256 * start(i + 1) + start(i); };
    for (std::uint32_t word : {both(0), both(2), start(0), start(2)}) words.push_back(word);
    for (const auto& pair : pairs) {
      for (int half : {0, 2}) words.push_back(weight_word(w, c + half, pair, wide));
    }
    const std::size_t used = wide ? 2 : constants;
    for (int first : {1, 0}) {
      for (std::size_t i = 0; i < used; ++i) {
        words.push_back(block[first].words[i]);
        words.push_back(block[first + 2].words[i]);
      }
    }
    words.resize(words.size() + kBlock * (constants - used));
  }
  return words;
}

constexpr int kMostDoublings = 2;

/// The narrow forms with as few doublings of the inputs as there are any with.
std::optional<std::pair<Channels, int>> fewest_doublings(const ChannelWeights& w,
                                                         const std::vector<ChannelCase>& cases) {
  for (int doublings = 0; doublings <= kMostDoublings; ++doublings) {
    if (auto channels = narrow_channels(w, cases, doublings)) return std::pair{*std::move(channels), doublings};
  }
  return std::nullopt;
}

}  // namespace

PackResult pack_gemm(const Graph& graph, const Operator& op, bool lines) {
  const ChannelWeights w = channel_weights(graph, op);
  const std::vector<ChannelCase> cases = channel_cases(graph, op, w);
  const auto pairs = column_pairs(geometry_of(graph, op), lines);
  if (const auto narrow = fewest_doublings(w, cases))
    return interleaved(w, narrow->first, pairs, constants_of(op), false);
  const auto wide = wide_channels(cases);
  if (!wide) return range_problem(op, wide.error());
  return interleaved(w, *wide, pairs, constants_of(op), true);
}

std::int64_t gemm_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  const std::size_t pairs = static_cast<std::size_t>(g.column_size() + 1) / 2;
  const std::size_t block = 4 + 2 * pairs + kBlock * constants_of(op);
  return static_cast<std::int64_t>(4 * block) * (round_up(g.out_c, kBlock) / kBlock);
}

int gemm_form(const Graph& graph, const Operator& op) {
  if (!has_values(graph.tensor(op.inputs.at(1))) || output_of(graph, op).quantization.empty())
    return THIMBLE_GEMM_FORM_NARROW;
  const ChannelWeights w = channel_weights(graph, op);
  const auto narrow = fewest_doublings(w, channel_cases(graph, op, w));
  if (!narrow) return THIMBLE_GEMM_FORM_WIDE;
  return narrow->second == 0 ? THIMBLE_GEMM_FORM_NARROW : THIMBLE_GEMM_FORM_WIDE + narrow->second;
}

}  // namespace thimble
