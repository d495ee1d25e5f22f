#include "deploy/pack/depthwise.hpp"

#include <algorithm>

#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;       ///< channels that are packed together
constexpr int kConstants = 16;  ///< words of a block before its taps
constexpr int kScaleBits = 8;   ///< the planned kernels' accumulators are 256 times as large

/// What a block holds of a channel besides its weights.
struct Constants {
  std::uint32_t multiplier = 0, addend = 0, shift = 0, bias = 0;
};

std::uint32_t bits(std::int64_t value) { return static_cast<std::uint32_t>(value); }

std::optional<Constants> narrow_constants(const ChannelCase& channel) {
  const auto form = pack_channel(channel.quantization, channel.bias, kScaleBits);
  if (!form) return std::nullopt;
  return Constants{bits(form->multiplier), bits(form->addend), form->shift, bits(form->bias)};
}

std::optional<Constants> wide_constants(const ChannelCase& channel) {
  const auto form = pack_channel(channel.quantization, channel.bias);
  if (!form) return std::nullopt;
  return Constants{bits(form->multiplier), 0, form->shifts, bits(form->bias)};
}

/// Of all channels; or the index of one that has none. The kernels subtract the zero point from their inputs, so that
/// it is taken out of the bias again.
Result<std::vector<Constants>, int> constants_of(const Graph& graph, const Operator& op, const ChannelWeights& w,
                                                 bool narrow) {
  const std::int64_t input_zero = zero_point_of(input_of(graph, op));
  std::vector<Constants> all;
  for (const ChannelCase& channel : channel_cases(graph, op, w)) {
    const int index = static_cast<int>(all.size());
    std::optional<Constants> one = narrow ? narrow_constants(channel) : wide_constants(channel);
    if (!one) return index;
    for (int tap = 0; tap < w.taps; ++tap) one->bias += bits(input_zero * w.at(index, tap));
    all.push_back(*one);
  }
  all.resize(static_cast<std::size_t>(round_up(w.channels, kBlock)));
  return all;
}

bool has_values(const Tensor& tensor) { return !std::holds_alternative<std::monostate>(tensor.data); }

}  // namespace

bool depthwise_is_narrow(const Graph& graph, const Operator& op) {
  if (!has_values(graph.tensor(op.inputs.at(1))) || output_of(graph, op).quantization.empty()) return true;
  return constants_of(graph, op, channel_weights(graph, op), true).has_value();
}

PackResult pack_depthwise(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  const auto constants = constants_of(graph, op, w, depthwise_is_narrow(graph, op));
  if (!constants) return range_problem(op, constants.error());
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const Constants* const block = constants->data() + c;
    for (const auto member : {&Constants::multiplier, &Constants::addend, &Constants::shift, &Constants::bias}) {
      for (int i = 0; i < kBlock; ++i) words.push_back(block[i].*member);
    }
    for (int tap = 0; tap < w.taps; ++tap)
      words.push_back(word_of(w.at(c, tap), w.at(c + 1, tap), w.at(c + 2, tap), w.at(c + 3, tap)));
  }
  return words;
}

std::int64_t depthwise_bytes(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  return std::int64_t{4} * (kConstants + g.kernel_h * g.kernel_w) * (round_up(g.out_c, kBlock) / kBlock);
}

}  // namespace thimble
