#include "deploy/pack/mve.hpp"

#include <algorithm>

#include "deploy/pack/channel_weights.hpp"
#include "deploy/pack/depthwise.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;    ///< output channels that are packed together
constexpr int kVector = 16;  ///< taps of one vector
constexpr int kPlane = 4;    ///< rows of a depthwise window in one word

/// The tap at each place of a channel's vectors; -1: a zero.
std::vector<int> tap_order(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  std::vector<int> order;
  if (op.type == OpType::kDepthwiseConv2D) {
    for (int plane = 0; plane < g.kernel_h; plane += kPlane) {
      for (int kx = 0; kx < g.kernel_w; ++kx) {
        for (int ky = plane; ky < plane + kPlane; ++ky) order.push_back(ky < g.kernel_h ? ky * g.kernel_w + kx : -1);
      }
    }
  } else {
    for (int tap = 0; tap < g.column_size(); ++tap) order.push_back(tap);
  }
  order.resize(static_cast<std::size_t>(round_up(static_cast<int>(order.size()), kVector)), -1);
  return order;
}

/// TFLite computes in int32; only the left shift of a large sum could wrap.
bool stays_inside(const ChannelCase& channel) {
  const ChannelQuantization& q = channel.quantization;
  const std::int64_t limit = (std::int64_t{1} << 31) >> std::max(q.factor.shift, 0);
  return q.largest + channel.bias < limit && q.smallest + channel.bias >= -limit;
}

void append_vectors(const ChannelWeights& w, int block, const std::vector<int>& order, Words& words) {
  for (std::size_t first = 0; first < order.size(); first += kVector) {
    for (int c = block; c < block + kBlock; ++c) {
      for (std::size_t i = first; i < first + kVector; i += 4)
        words.push_back(
            word_of(w.at(c, order[i]), w.at(c, order[i + 1]), w.at(c, order[i + 2]), w.at(c, order[i + 3])));
    }
  }
}

}  // namespace

thimble_kernel_id mve_kernel(thimble_kernel_id kernel) {
  switch (kernel) {
    case THIMBLE_CONV2D:
      return THIMBLE_MVE_CONV2D;
    case THIMBLE_POINTWISE:
    case THIMBLE_FULLY_CONNECTED:
      return THIMBLE_MVE_POINTWISE;
    default:
      return is_depthwise_kernel(kernel) ? THIMBLE_MVE_DEPTHWISE : kernel;
  }
}

bool is_mve(thimble_kernel_id kernel) {
  return kernel == THIMBLE_MVE_CONV2D || kernel == THIMBLE_MVE_POINTWISE || kernel == THIMBLE_MVE_DEPTHWISE;
}

bool mve_is_wide(const Graph& graph, const Operator& op) {
  if (output_of(graph, op).quantization.empty()) return false;
  const bool relu = op.activation != Activation::kNone;
  const std::vector<QuantizedMultiplier> factors = channel_multipliers(graph, op);
  return std::any_of(factors.begin(), factors.end(), [&](const QuantizedMultiplier& factor) {
    return factor.shift > 0 || (factor.shift == 0 && !relu);
  });
}

PackResult pack_mve(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  std::vector<ChannelCase> channels = channel_cases(graph, op, w);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    if (!stays_inside(channels[c])) return range_problem(op, static_cast<int>(c));
  }
  channels.resize(static_cast<std::size_t>(round_up(w.channels, kBlock)));
  const std::vector<int> order = tap_order(graph, op);
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    append_vectors(w, c, order, words);
    const ChannelCase* block = channels.data() + c;
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(block[i].bias));
    for (int i = 0; i < kBlock; ++i)
      words.push_back(static_cast<std::uint32_t>(block[i].quantization.factor.multiplier));
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(block[i].quantization.factor.shift));
  }
  return words;
}

std::int64_t mve_bytes(const Graph& graph, const Operator& op) {
  const auto taps = static_cast<std::int64_t>(tap_order(graph, op).size());
  const WindowGeometry g = geometry_of(graph, op);
  return (kBlock * taps + 3 * 4 * kBlock) * (round_up(g.out_c, kBlock) / kBlock);
}

}  // namespace thimble
