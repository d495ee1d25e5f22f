#include "deploy/pack/gemm.hpp"

#include <array>
#include <optional>

#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;  ///< output channels that are packed together
/// Scale of the sums of even and odd channels: twice, and 256 times.
constexpr std::array<int, 2> kScaleBits = {1, 8};

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
std::vector<std::array<int, 2>> column_pairs(const WindowGeometry& g) {
  if (is_few(g)) return line_pairs(g);
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

std::uint32_t weight_word(const ChannelWeights& w, int channel, const std::array<int, 2>& pair) {
  const auto low = static_cast<std::uint16_t>(halfword(w, channel, pair[0]));
  return low | static_cast<std::uint32_t>(static_cast<std::uint16_t>(halfword(w, channel, pair[1]))) << 16;
}

using Channels = std::vector<PackedChannel>;

/// The narrow forms of all channels; nothing where one has none.
std::optional<Channels> narrow_channels(const std::vector<ChannelCase>& cases) {
  Channels channels;
  for (const ChannelCase& one : cases) {
    const auto packed = pack_channel(one.quantization, one.bias, kScaleBits[channels.size() % 2]);
    if (!packed) return std::nullopt;
    channels.push_back(*packed);
  }
  return channels;
}

/// The wide forms: the bias in the addend's place, no nudge with relu; or the index of a channel that has none.
Result<Channels, int> wide_channels(const std::vector<ChannelCase>& cases) {
  Channels channels;
  for (const ChannelCase& one : cases) {
    const auto packed = pack_channel(one.quantization, one.bias);
    if (!packed) return static_cast<int>(channels.size());
    const std::uint32_t no_nudge = 32u << 16, nudges = 0xffu << 16;
    const std::uint32_t shifts = one.quantization.relu ? (packed->shifts & ~nudges) | no_nudge : packed->shifts;
    channels.push_back({0, packed->multiplier, packed->bias, shifts});
  }
  return channels;
}

void append_constants(Words& words, const PackedChannel& first, const PackedChannel& second) {
  for (std::int32_t value : {first.multiplier, second.multiplier, first.addend, second.addend})
    words.push_back(static_cast<std::uint32_t>(value));
  words.push_back(first.shift);
  words.push_back(second.shift);
}

Words interleaved(const ChannelWeights& w, Channels channels, const std::vector<std::array<int, 2>>& pairs) {
  channels.resize(static_cast<std::size_t>(round_up(w.channels, kBlock)));
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const PackedChannel* block = channels.data() + c;
    const auto start = [&](int i) { return static_cast<std::uint32_t>(block[i].bias); };
    for (std::uint32_t word : {256 * start(1) + start(0), 256 * start(3) + start(2), start(0), start(2)})
      words.push_back(word);
    for (const auto& pair : pairs) {
      for (int half : {0, 2}) words.push_back(weight_word(w, c + half, pair));
    }
    append_constants(words, block[0], block[2]);
    append_constants(words, block[1], block[3]);
  }
  return words;
}

}  // namespace

PackResult pack_gemm(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  for (int c = 0; c < w.channels; c += 2) {
    if (!is_shareable(w, c)) return op.name + ": output channel " + std::to_string(c + 1) + ": a weight of -128";
  }
  const std::vector<ChannelCase> cases = channel_cases(graph, op, w);
  const auto pairs = column_pairs(geometry_of(graph, op));
  if (const auto narrow = narrow_channels(cases)) return interleaved(w, *narrow, pairs);
  const auto wide = wide_channels(cases);
  if (!wide) return range_problem(op, wide.error());
  return interleaved(w, *wide, pairs);
}

std::int64_t gemm_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  const int pairs = (g.column_size() + 1) / 2;
  return std::int64_t{4} * (4 * kBlock + 2 * pairs) * (round_up(g.out_c, kBlock) / kBlock);
}

bool gemm_is_wide(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  return !narrow_channels(channel_cases(graph, op, w));
}

}  // namespace thimble
