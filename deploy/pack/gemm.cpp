#include "deploy/pack/gemm.hpp"

#include <array>

#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;  ///< output channels that are packed together

/// Input pairs of a column, in the order of deploy/kernels/gemm.h; the caller takes indices past the end as zero.
std::vector<std::array<int, 2>> column_pairs(const WindowGeometry& g) {
  std::vector<std::array<int, 2>> pairs;
  const bool by_words = g.in_c % 4 == 0;
  for (int k = 0; k < g.column_size(); k += 4) {
    pairs.push_back({k, by_words ? k + 2 : k + 1});
    pairs.push_back({by_words ? k + 1 : k + 2, k + 3});
  }
  return pairs;
}

std::uint32_t weight_word(const ChannelWeights& w, int channel, const std::array<int, 2>& pair) {
  return word_of(w.at(channel, pair[0]), w.at(channel + 1, pair[0]), w.at(channel, pair[1]),
                 w.at(channel + 1, pair[1]));
}

}  // namespace

PackResult pack_gemm(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  const auto channels = pack_channels(graph, op, w, kBlock);
  if (!channels) return range_problem(op, channels.error());
  const auto pairs = column_pairs(geometry_of(graph, op));
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const GeneralChannel* block = channels->data() + c;
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(block[i].bias));
    for (const auto& pair : pairs) {
      for (int half : {0, 2}) words.push_back(weight_word(w, c + half, pair));
    }
    for (int i = 0; i < kBlock; ++i) {
      words.push_back(static_cast<std::uint32_t>(block[i].multiplier));
      words.push_back(block[i].shifts);
    }
  }
  return words;
}

std::int64_t gemm_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  const int pairs = round_up(g.column_size(), 4) / 2;
  return std::int64_t{4} * (3 * kBlock + 2 * pairs) * (round_up(g.out_c, kBlock) / kBlock);
}

}  // namespace thimble
