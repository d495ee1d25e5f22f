#include "deploy/pack/channel_weights.hpp"

#include <algorithm>

namespace thimble {

ChannelWeights channel_weights(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  ChannelWeights w;
  w.depthwise = op.type == OpType::kDepthwiseConv2D;
  w.channels = g.out_c;
  w.taps = w.depthwise ? g.kernel_h * g.kernel_w : g.column_size();
  w.data = data_of<std::int8_t>(graph.tensor(op.inputs.at(1))).data();
  return w;
}

std::uint32_t word_of(int b0, int b1, int b2, int b3) {
  const auto byte = [](int value, int place) { return static_cast<std::uint32_t>(value & 0xff) << (8 * place); };
  return byte(b0, 0) | byte(b1, 1) | byte(b2, 2) | byte(b3, 3);
}

Result<std::vector<PackedChannel>, int> pack_channels(const Graph& graph, const Operator& op, const ChannelWeights& w,
                                                      int block) {
  const std::vector<QuantizedMultiplier> factors = channel_multipliers(graph, op);
  const Tensor& output = output_of(graph, op);
  ChannelQuantization channel;
  channel.output_zero = zero_point_of(output);
  channel.range = activation_range(op.activation, output.quantization.scales.at(0), channel.output_zero);
  channel.relu = op.activation != Activation::kNone;
  const std::int64_t input_zero = zero_point_of(input_of(graph, op));
  const std::vector<std::int32_t>* bias =
      op.inputs.size() > 2 ? &data_of<std::int32_t>(graph.tensor(op.inputs[2])) : nullptr;
  std::vector<PackedChannel> result(static_cast<std::size_t>(round_up(w.channels, block)),
                                    {0, 0, channel_shifts(0, 0)});
  for (int c = 0; c < w.channels; ++c) {
    channel.factor = factors[static_cast<std::size_t>(c)];
    channel.smallest = channel.largest = 0;
    std::int64_t sum = 0;
    for (int tap = 0; tap < w.taps; ++tap) {
      const int weight = w.at(c, tap);
      sum += weight;
      channel.smallest += std::min(weight * -128, weight * 127);
      channel.largest += std::max(weight * -128, weight * 127);
    }
    const std::int64_t folded = (bias ? (*bias)[static_cast<std::size_t>(c)] : 0) - input_zero * sum;
    const std::optional<PackedChannel> packed = pack_channel(channel, folded);
    if (!packed) return c;
    result[static_cast<std::size_t>(c)] = *packed;
  }
  return result;
}

std::string range_problem(const Operator& op, int channel) {
  return op.name + ": output channel " + std::to_string(channel) +
         ": the accumulator leaves the range in which the int8 kernels are exact (bias or multiplier too large)";
}

}  // namespace thimble
