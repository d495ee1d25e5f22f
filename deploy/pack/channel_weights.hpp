#pragma once
#include "deploy/pack/channel.hpp"
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// The weights of one operator, whatever their layout, as [C_out][taps]; zero past either end.
struct ChannelWeights {
  const std::int8_t* data = nullptr;
  int taps = 0, channels = 0;
  bool depthwise = false;

  int at(int channel, int tap) const {
    if (channel >= channels || tap < 0 || tap >= taps) return 0;
    return depthwise ? data[tap * channels + channel] : data[channel * taps + tap];
  }
};

/// Of a convolution, depthwise or fully connected operator with values.
ChannelWeights channel_weights(const Graph& graph, const Operator& op);

/// Bytes b0 to b3, the first one lowest.
std::uint32_t word_of(int b0, int b1, int b2, int b3);

/// Bias, multiplier and shifts of every channel, filled up to a multiple of `block`; or the index of a channel that has
/// none.
Result<std::vector<GeneralChannel>, int> pack_channels(const Graph& graph, const Operator& op, const ChannelWeights& w,
                                                       int block);

/// A channel's quantisation and its bias with the input's zero point folded in.
struct ChannelCase {
  ChannelQuantization quantization;
  std::int64_t bias = 0;
};

/// Of every channel.
std::vector<ChannelCase> channel_cases(const Graph& graph, const Operator& op, const ChannelWeights& w);

/// What is said of a channel that has no form.
std::string range_problem(const Operator& op, int channel);

}  // namespace thimble
