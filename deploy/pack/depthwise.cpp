#include "deploy/pack/depthwise.hpp"

#include <array>

#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;  ///< channels that are packed together

/// Tap pairs of a depthwise window, in the order of deploy/kernels/depthwise.h; -1: a zero in the second place.
std::vector<std::array<int, 2>> tap_pairs(int kernel_h, int kernel_w) {
  std::vector<std::array<int, 2>> pairs;
  for (int ky = 0; ky + 1 < kernel_h; ky += 2) {
    for (int kx = 0; kx < kernel_w; ++kx) pairs.push_back({ky * kernel_w + kx, (ky + 1) * kernel_w + kx});
  }
  if (kernel_h % 2 == 0) return pairs;
  const int last = (kernel_h - 1) * kernel_w;
  for (int kx = 0; kx < kernel_w; kx += 2) pairs.push_back({last + kx, kx + 1 < kernel_w ? last + kx + 1 : -1});
  return pairs;
}

std::uint32_t weight_word(const ChannelWeights& w, int channel, const std::array<int, 2>& pair) {
  return word_of(w.at(channel, pair[0]), w.at(channel + 1, pair[0]), w.at(channel, pair[1]),
                 w.at(channel + 1, pair[1]));
}

}  // namespace

PackResult pack_depthwise(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  const auto channels = pack_channels(graph, op, w, kBlock);
  if (!channels) return range_problem(op, channels.error());
  const WindowGeometry g = geometry_of(graph, op);
  const auto pairs = tap_pairs(g.kernel_h, g.kernel_w);
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const GeneralChannel* block = channels->data() + c;
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(block[i].bias));
    for (int half : {0, 2}) {
      for (const auto& pair : pairs) words.push_back(weight_word(w, c + half, pair));
    }
    for (int i = 0; i < kBlock; ++i) {
      words.push_back(static_cast<std::uint32_t>(block[i].multiplier));
      words.push_back(block[i].shifts);
    }
  }
  return words;
}

std::int64_t depthwise_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  const int pairs = static_cast<int>(tap_pairs(g.kernel_h, g.kernel_w).size());
  return std::int64_t{4} * (3 * kBlock + 2 * pairs) * (round_up(g.out_c, kBlock) / kBlock);
}

}  // namespace thimble
