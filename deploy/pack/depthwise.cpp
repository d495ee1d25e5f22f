#include "deploy/pack/depthwise.hpp"

#include <algorithm>

#include "deploy/kernels/depthwise_narrow.h"
#include "deploy/kernels/depthwise_nine.h"
#include "deploy/pack/channel_proof.hpp"
#include "deploy/pack/channel_weights.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;       ///< channels that are packed together
constexpr int kConstants = 16;  ///< words of a block before its taps
constexpr int kMostScaleBits = 8;

/// What a block holds of a channel besides its weights.
struct Constants {
  std::uint32_t multiplier = 0, addend = 0, shift = 0, bias = 0;
};

std::uint32_t bits(std::int64_t value) { return static_cast<std::uint32_t>(value); }

Constants constants_of(const PackedChannel& form, int scale_bits) {
  return {bits(form.multiplier), bits(form.addend), form.shift | static_cast<std::uint32_t>(scale_bits) << 8,
          bits(form.bias)};
}

/// The fixed shift is n + j - 1 for the right shift n of TFLite's multiplier: the weights are scaled by 2^j so that it
/// is.
std::optional<Constants> fixed_constants(const ChannelCase& channel, int shift) {
  if (!channel.quantization.relu) return std::nullopt;
  const int scale_bits = std::clamp(shift + 1 + channel.quantization.factor.shift, 2, kMostScaleBits);
  const auto form = pack_fixed_channel(channel.quantization, channel.bias, scale_bits, shift);
  if (!form) return std::nullopt;
  return Constants{bits(form->multiplier), bits(form->addend),
                   static_cast<std::uint32_t>(shift) | static_cast<std::uint32_t>(scale_bits) << 8, bits(form->start)};
}

/// Any shift; with as many scale bits as hold the accumulator, 8 where ties must be nudged.
std::optional<Constants> any_shift_constants(const ChannelCase& channel) {
  const int least = channel.quantization.relu ? 2 : kMostScaleBits;
  for (int scale_bits = kMostScaleBits; scale_bits >= least; --scale_bits) {
    if (const auto form = pack_channel(channel.quantization, channel.bias, scale_bits))
      return constants_of(*form, scale_bits);
  }
  return std::nullopt;
}

std::optional<Constants> general_constants(const ChannelCase& channel) {
  const auto form = pack_channel(channel.quantization, channel.bias);
  if (!form) return std::nullopt;
  return Constants{bits(form->multiplier), 0, form->shifts, bits(form->bias)};
}

std::optional<Constants> constants_of(const ChannelCase& channel, int form, int taps) {
  const int shift = taps > 9 ? THIMBLE_DEPTHWISE_SHIFT_LARGER : THIMBLE_DEPTHWISE_SHIFT_3X3;
  if (form == THIMBLE_DEPTHWISE_FIXED) return fixed_constants(channel, shift);
  if (form == THIMBLE_DEPTHWISE_ANY_SHIFT) return any_shift_constants(channel);
  return general_constants(channel);
}

/// Of all channels; or the index of one that has none. The kernels subtract the zero point from their inputs, so that
/// it is taken out of the bias again.
Result<std::vector<Constants>, int> constants_of(const Graph& graph, const Operator& op, const ChannelWeights& w,
                                                 int form) {
  const std::int64_t input_zero = zero_point_of(input_of(graph, op));
  std::vector<Constants> all;
  for (const ChannelCase& channel : channel_cases(graph, op, w)) {
    const int index = static_cast<int>(all.size());
    std::optional<Constants> one = constants_of(channel, form, w.taps);
    if (!one) return index;
    for (int tap = 0; tap < w.taps; ++tap) one->bias += bits(input_zero * w.at(index, tap));
    all.push_back(*one);
  }
  all.resize(static_cast<std::size_t>(round_up(w.channels, kBlock)));
  return all;
}

bool has_values(const Tensor& tensor) { return !std::holds_alternative<std::monostate>(tensor.data); }

/// What the kernels for certain maps ask for.
thimble_layer layer_of(const WindowGeometry& g) {
  thimble_layer layer{};
  layer.in_h = static_cast<std::uint16_t>(g.in_h), layer.in_w = static_cast<std::uint16_t>(g.in_w);
  layer.out_h = static_cast<std::uint16_t>(g.out_h), layer.out_w = static_cast<std::uint16_t>(g.out_w);
  layer.in_c = layer.out_c = static_cast<std::uint16_t>(g.out_c);
  layer.kernel_h = static_cast<std::uint8_t>(g.kernel_h), layer.kernel_w = static_cast<std::uint8_t>(g.kernel_w);
  layer.stride_h = static_cast<std::uint8_t>(g.stride_h), layer.stride_w = static_cast<std::uint8_t>(g.stride_w);
  layer.pad_top = static_cast<std::uint8_t>(g.pad_top), layer.pad_left = static_cast<std::uint8_t>(g.pad_left);
  return layer;
}

/// Whether no form but TFLite's own holds the operator's numbers; mostly seen without looking for the shortest one.
bool is_general(const Graph& graph, const Operator& op) {
  if (!has_values(graph.tensor(op.inputs.at(1))) || output_of(graph, op).quantization.empty()) return false;
  return !constants_of(graph, op, channel_weights(graph, op), THIMBLE_DEPTHWISE_ANY_SHIFT) &&
         depthwise_form(graph, op) == THIMBLE_DEPTHWISE_GENERAL;
}

}  // namespace

int depthwise_form(const Graph& graph, const Operator& op) {
  const bool relu = op.activation != Activation::kNone;
  const int first = relu ? THIMBLE_DEPTHWISE_FIXED : THIMBLE_DEPTHWISE_ANY_SHIFT;
  if (!has_values(graph.tensor(op.inputs.at(1))) || output_of(graph, op).quantization.empty()) return first;
  const ChannelWeights w = channel_weights(graph, op);
  for (int form = first; form < THIMBLE_DEPTHWISE_GENERAL; ++form) {
    if (constants_of(graph, op, w, form)) return form;
  }
  return THIMBLE_DEPTHWISE_GENERAL;
}

thimble_kernel_id depthwise_kernel(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  const bool square = g.kernel_h == g.kernel_w && g.stride_h == g.stride_w && g.stride_h <= 2;
  const bool fast = square && (g.kernel_h == 3 || g.kernel_h == 5 || g.kernel_h == 7);
  if (!fast || is_general(graph, op)) return THIMBLE_SMALL_DEPTHWISE;
  const thimble_layer layer = layer_of(g);
  if (thimble_depthwise_is_narrow(&layer) != 0) return THIMBLE_DEPTHWISE_NARROW;
  if (thimble_depthwise_is_nine(&layer) != 0) return THIMBLE_DEPTHWISE_NINE;
  return g.kernel_h == 3 ? THIMBLE_DEPTHWISE_3X3 : g.kernel_h == 5 ? THIMBLE_DEPTHWISE_5X5 : THIMBLE_DEPTHWISE_7X7;
}

bool is_depthwise_kernel(thimble_kernel_id kernel) {
  return kernel == THIMBLE_DEPTHWISE || kernel == THIMBLE_SMALL_DEPTHWISE || kernel == THIMBLE_DEPTHWISE_3X3 ||
         kernel == THIMBLE_DEPTHWISE_5X5 || kernel == THIMBLE_DEPTHWISE_7X7 || kernel == THIMBLE_DEPTHWISE_NARROW ||
         kernel == THIMBLE_DEPTHWISE_NINE;
}

PackResult pack_depthwise(const Graph& graph, const Operator& op) {
  const ChannelWeights w = channel_weights(graph, op);
  const auto constants = constants_of(graph, op, w, depthwise_form(graph, op));
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
