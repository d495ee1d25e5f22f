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

std::vector<ChannelCase> channel_cases(const Graph& graph, const Operator& op, const ChannelWeights& w) {
  const std::vector<QuantizedMultiplier> factors = channel_multipliers(graph, op);
  const Tensor& output = output_of(graph, op);
  ChannelCase common;
  common.quantization.output_zero = zero_point_of(output);
  common.quantization.range =
      activation_range(op.activation, output.quantization.scales.at(0), common.quantization.output_zero);
  common.quantization.relu = op.activation != Activation::kNone;
  const std::int64_t input_zero = zero_point_of(input_of(graph, op));
  const std::vector<std::int32_t>* bias =
      op.inputs.size() > 2 ? &data_of<std::int32_t>(graph.tensor(op.inputs[2])) : nullptr;
  std::vector<ChannelCase> result(static_cast<std::size_t>(w.channels), common);
  for (int c = 0; c < w.channels; ++c) {
    ChannelCase& one = result[static_cast<std::size_t>(c)];
    one.quantization.factor = factors[static_cast<std::size_t>(c)];
    std::int64_t sum = 0;
    for (int tap = 0; tap < w.taps; ++tap) {
      const int weight = w.at(c, tap);
      sum += weight;
      one.quantization.smallest += std::min(weight * -128, weight * 127);
      one.quantization.largest += std::max(weight * -128, weight * 127);
    }
    one.bias = (bias ? (*bias)[static_cast<std::size_t>(c)] : 0) - input_zero * sum;
  }
  return result;
}

Result<std::vector<GeneralChannel>, int> pack_channels(const Graph& graph, const Operator& op, const ChannelWeights& w,
                                                       int block) {
  std::vector<GeneralChannel> result(static_cast<std::size_t>(round_up(w.channels, block)),
                                     GeneralChannel{0, 0, channel_shifts(0, 0)});
  int c = 0;
  for (const ChannelCase& one : channel_cases(graph, op, w)) {
    const std::optional<GeneralChannel> packed = pack_channel(one.quantization, one.bias);
    if (!packed) return c;
    result[static_cast<std::size_t>(c++)] = *packed;
  }
  return result;
}

std::string range_problem(const Operator& op, int channel) {
  return op.name + ": output channel " + std::to_string(channel) +
         ": the accumulator leaves the range in which the int8 kernels are exact (bias or multiplier too large)";
}

}  // namespace thimble
