#include "deploy/pack/winograd.hpp"

#include <array>

#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;      ///< output channels that are packed together
constexpr int kScaleBits = 2;  ///< the sums are four times the accumulators

using Filter = std::array<std::array<int, 3>, 3>;
using Transformed = std::array<std::array<int, 4>, 4>;

/// 2 G: twice the filter transform of F(2, 3), its rows in the order 1, 2, 3, 0 of the kernel, row 3 negated.
constexpr int kTransform[4][3] = {{1, 1, 1}, {1, -1, 1}, {0, 0, -2}, {2, 0, 0}};

/// One input channel of an output channel's filter.
Filter filter_of(const ChannelWeights& w, int channel, int input, int in_c) {
  Filter g{};
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 3; ++x) g[y][x] = w.at(channel, (3 * y + x) * in_c + input);
  return g;
}

/// 2 G g (2 G)', [column][row].
Transformed transformed(const Filter& g) {
  Transformed result{};
  for (int row = 0; row < 4; ++row)
    for (int column = 0; column < 4; ++column)
      for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 3; ++x) result[column][row] += kTransform[row][y] * g[y][x] * kTransform[column][x];
  return result;
}

std::uint32_t word_of_halves(int low, int high) {
  return (static_cast<std::uint32_t>(low) & 0xffff) | static_cast<std::uint32_t>(high) << 16;
}

/// The first of the two input channels of a pair; the second is two further.
int first_of_pair(int pair) { return pair / 2 * 4 + pair % 2; }

/// Appends [16][in_c / 2][4] words of a block's weights.
void append_block(const ChannelWeights& w, int block, int in_c, Words& words) {
  const std::size_t begin = words.size();
  const int pairs = in_c / 2;
  words.resize(begin + static_cast<std::size_t>(16 * pairs * kBlock));
  for (int pair = 0; pair < pairs; ++pair) {
    for (int channel = 0; channel < kBlock; ++channel) {
      const int input = first_of_pair(pair);
      const Transformed low = transformed(filter_of(w, block + channel, input, in_c));
      const Transformed high = transformed(filter_of(w, block + channel, input + 2, in_c));
      for (int i = 0; i < 16; ++i)
        words[begin + static_cast<std::size_t>((i * pairs + pair) * kBlock + channel)] =
            word_of_halves(low[i / 4][i % 4], high[i / 4][i % 4]);
    }
  }
}

/// The constants of all channels, or the index of one that has none.
Result<std::vector<PackedChannel>, int> packed_channels(const Graph& graph, const Operator& op,
                                                        const ChannelWeights& w) {
  std::vector<PackedChannel> channels;
  for (const ChannelCase& c : channel_cases(graph, op, w)) {
    const std::optional<PackedChannel> channel = pack_channel(c.quantization, c.bias, kScaleBits);
    if (!channel) return static_cast<int>(channels.size());
    channels.push_back(*channel);
  }
  return channels;
}

}  // namespace

bool winograd_takes(const Graph& graph, const Operator& op) {
  if (op.type != OpType::kConv2D) return false;
  const WindowGeometry g = geometry_of(graph, op);
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 && g.in_c % kBlock == 0 &&
         g.out_c % kBlock == 0;
}

bool winograd_holds(const Graph& graph, const Operator& op) {
  if (output_of(graph, op).quantization.empty()) return true;
  return packed_channels(graph, op, channel_weights(graph, op)).has_value();
}

PackResult pack_winograd(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  const auto channels = packed_channels(graph, op, w);
  if (!channels) return range_problem(op, channels.error());
  Words words;
  for (int block = 0; block < w.channels; block += kBlock) {
    const PackedChannel* constants = channels->data() + block;
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(constants[i].bias) << kScaleBits);
    append_block(w, block, geometry_of(graph, op).in_c, words);
    for (int i = 0; i < kBlock; ++i) {
      words.push_back(static_cast<std::uint32_t>(constants[i].multiplier));
      words.push_back(static_cast<std::uint32_t>(constants[i].addend));
      words.push_back(constants[i].shift);
    }
  }
  return words;
}

std::int64_t winograd_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  return std::int64_t{4} * (kBlock + 16 * g.in_c / 2 * kBlock + 3 * kBlock) * (g.out_c / kBlock);
}

}  // namespace thimble
