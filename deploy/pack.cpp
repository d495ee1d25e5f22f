#include "deploy/pack.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "deploy/channel.hpp"
#include "graph/base/check.hpp"
#include "graph/quantized_math.hpp"
#include "graph/window.hpp"

namespace thimble {
namespace {

constexpr int kBlock = 4;  ///< output channels that are packed together

using Words = std::vector<std::uint32_t>;
using PackResult = Result<Words, std::string>;

const Tensor& input_of(const Graph& graph, const Operator& op) { return graph.tensor(op.inputs.at(0)); }
const Tensor& output_of(const Graph& graph, const Operator& op) { return graph.tensor(op.outputs.at(0)); }

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

/// An operator as its kernel sees it: a fully connected layer is a 1x1 convolution of one pixel.
WindowGeometry geometry_of(const Graph& graph, const Operator& op) {
  if (op.type == OpType::kFullyConnected) {
    WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = static_cast<int>(input_of(graph, op).elements())};
    g.out_h = g.out_w = 1;
    g.out_c = output_of(graph, op).shape.back();
    return g;
  }
  if (op.type == OpType::kAdd) {
    const Shape& shape = output_of(graph, op).shape;
    WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = shape.back()};
    if (shape.size() == 4) g.in_h = shape[1], g.in_w = shape[2];
    if (shape.size() == 3) g.in_h = shape[0], g.in_w = shape[1];
    g.out_h = g.in_h, g.out_w = g.in_w, g.out_c = g.in_c;
    return g;
  }
  return window_geometry(graph, op);
}

bool is_pointwise(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  return g.is_pointwise() && g.in_h == g.out_h && g.in_w == g.out_w;
}

std::int32_t zero_point_of(const Tensor& tensor) {
  return tensor.quantization.empty() ? 0 : tensor.quantization.zero_points.at(0);
}

/// What the runtime's integers hold.
std::string size_problem(const WindowGeometry& g) {
  if (std::max({g.in_h, g.in_w, g.in_c, g.out_h, g.out_w, g.out_c}) > 65535) return "a dimension above 65535";
  if (g.kernel_h > THIMBLE_MAX_KERNEL_H)
    return "a window of more than " + std::to_string(THIMBLE_MAX_KERNEL_H) + " rows";
  if (std::max({g.kernel_w, g.stride_h, g.stride_w, g.pad_top, g.pad_left}) > 255)
    return "a window or stride above 255";
  return "";
}

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

int pair_count(const WindowGeometry& g, bool depthwise) {
  if (!depthwise) return round_up(g.column_size(), 4) / 2;
  return static_cast<int>(tap_pairs(g.kernel_h, g.kernel_w).size());
}

int block_words(int pairs) { return kBlock + 2 * pairs + 2 * kBlock; }

/// The weights of one operator, whatever their layout, as [C_out][taps].
struct ChannelWeights {
  const std::int8_t* data = nullptr;
  int taps = 0, channels = 0;
  bool depthwise = false;

  int at(int channel, int tap) const {
    if (channel >= channels || tap < 0 || tap >= taps) return 0;
    return depthwise ? data[tap * channels + channel] : data[channel * taps + tap];
  }
};

template <class T>
const std::vector<T>& data_of(const Tensor& tensor) {
  const auto* data = std::get_if<std::vector<T>>(&tensor.data);
  THIMBLE_CHECK(data && static_cast<std::int64_t>(data->size()) == tensor.elements(), "no values in " + tensor.name);
  return *data;
}

std::uint32_t word_of(int b0, int b1, int b2, int b3) {
  const auto byte = [](int value, int place) { return static_cast<std::uint32_t>(value & 0xff) << (8 * place); };
  return byte(b0, 0) | byte(b1, 1) | byte(b2, 2) | byte(b3, 3);
}

std::uint32_t weight_word(const ChannelWeights& w, int channel, const std::array<int, 2>& pair) {
  return word_of(w.at(channel, pair[0]), w.at(channel + 1, pair[0]), w.at(channel, pair[1]),
                 w.at(channel + 1, pair[1]));
}

/// gemm.h has the two words of a pair side by side, depthwise.h all words of A and B before those of C and D.
void append_weights(const ChannelWeights& w, int channel, const std::vector<std::array<int, 2>>& pairs, Words& words) {
  if (w.depthwise) {
    for (int half : {0, 2}) {
      for (const auto& pair : pairs) words.push_back(weight_word(w, channel + half, pair));
    }
    return;
  }
  for (const auto& pair : pairs) {
    for (int half : {0, 2}) words.push_back(weight_word(w, channel + half, pair));
  }
}

/// Bias, multiplier and shifts of every channel, filled up to a whole block; or the index of a channel that has none.
Result<std::vector<PackedChannel>, int> pack_channels(const Graph& graph, const Operator& op, const ChannelWeights& w) {
  const std::vector<QuantizedMultiplier> factors = channel_multipliers(graph, op);
  const Tensor& output = output_of(graph, op);
  ChannelQuantization channel;
  channel.output_zero = zero_point_of(output);
  channel.range = activation_range(op.activation, output.quantization.scales.at(0), channel.output_zero);
  channel.relu = op.activation != Activation::kNone;
  const std::int64_t input_zero = zero_point_of(input_of(graph, op));
  const std::vector<std::int32_t>* bias =
      op.inputs.size() > 2 ? &data_of<std::int32_t>(graph.tensor(op.inputs[2])) : nullptr;
  std::vector<PackedChannel> result(static_cast<std::size_t>(round_up(w.channels, kBlock)),
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

PackResult pack_weights(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  ChannelWeights w;
  w.depthwise = op.type == OpType::kDepthwiseConv2D;
  w.channels = g.out_c;
  w.taps = w.depthwise ? g.kernel_h * g.kernel_w : g.column_size();
  w.data = data_of<std::int8_t>(graph.tensor(op.inputs.at(1))).data();
  const auto channels = pack_channels(graph, op, w);
  if (!channels) {
    return op.name + ": output channel " + std::to_string(channels.error()) +
           ": the accumulator leaves the range in which the int8 kernels are exact (bias or multiplier too large)";
  }
  const auto pairs = w.depthwise ? tap_pairs(g.kernel_h, g.kernel_w) : column_pairs(g);
  Words words;
  for (int c = 0; c < w.channels; c += kBlock) {
    const PackedChannel* block = channels->data() + c;
    for (int i = 0; i < kBlock; ++i) words.push_back(static_cast<std::uint32_t>(block[i].bias));
    append_weights(w, c, pairs, words);
    for (int i = 0; i < kBlock; ++i) {
      words.push_back(static_cast<std::uint32_t>(block[i].multiplier));
      words.push_back(block[i].shifts);
    }
  }
  return words;
}

/// thimble_add: the operand with the larger scale first, whose factor is one half.
PackResult pack_add(const Graph& graph, const Operator& op) {
  const AddParameters p = add_parameters(graph, op);
  constexpr QuantizedMultiplier kHalf{1 << 30, 0};
  const bool swap = p.input1 != kHalf;
  const QuantizedMultiplier& smaller = swap ? p.input1 : p.input2;
  const std::int32_t offset1 = swap ? p.input2_offset : p.input1_offset;
  const std::int32_t offset2 = swap ? p.input1_offset : p.input2_offset;
  THIMBLE_CHECK((swap ? p.input2 : p.input1) == kHalf && smaller.shift <= 0, op.name + ": factors of add");
  if (smaller.shift < -30 || p.output.shift < -23 || p.output.shift > -1) {
    return op.name + ": scales of the operands and the output lie too far apart for the int8 kernel";
  }
  return Words{swap ? 1U : 0U,
               static_cast<std::uint32_t>(offset1 * (1 << 19)),
               static_cast<std::uint32_t>(offset2 * (1 << 21)),
               static_cast<std::uint32_t>(smaller.multiplier),
               channel_shifts(0, -smaller.shift),
               static_cast<std::uint32_t>(p.output.multiplier),
               channel_shifts(0, -p.output.shift)};
}

void set_quantization(const Graph& graph, const Operator& op, thimble_layer& layer) {
  const Tensor& output = output_of(graph, op);
  layer.relu = op.activation != Activation::kNone;
  layer.input_zero = static_cast<std::int8_t>(zero_point_of(input_of(graph, op)));
  layer.activation_min = -128;
  layer.activation_max = 127;
  if (output.quantization.empty()) {
    layer.output_zero = layer.relu ? -128 : 0;
    return;
  }
  layer.output_zero = static_cast<std::int8_t>(zero_point_of(output));
  const ActivationRange range = activation_range(op.activation, output.quantization.scales.at(0), layer.output_zero);
  layer.activation_min = static_cast<std::int8_t>(range.min);
  layer.activation_max = static_cast<std::int8_t>(range.max);
}

}  // namespace

Result<thimble_kernel_id, std::string> kernel_for(const Graph& graph, const Operator& op) {
  const auto kernel = [&]() -> Result<thimble_kernel_id, std::string> {
    switch (op.type) {
      case OpType::kConv2D:
        return is_pointwise(graph, op) ? THIMBLE_POINTWISE : THIMBLE_CONV2D;
      case OpType::kDepthwiseConv2D:
        return THIMBLE_DEPTHWISE;
      case OpType::kFullyConnected:
        return THIMBLE_FULLY_CONNECTED;
      case OpType::kAdd:
        if (graph.tensor(op.inputs.at(0)).shape != graph.tensor(op.inputs.at(1)).shape) {
          return std::string("add of two shapes has no int8 kernel");
        }
        return THIMBLE_ADD;
      case OpType::kAveragePool2D:
        return THIMBLE_AVERAGE_POOL;
      case OpType::kMaxPool2D:
        return THIMBLE_MAX_POOL;
      default:
        return std::string(to_text(op.type)) + " has no int8 kernel";
    }
  }();
  if (!kernel) return kernel;
  const std::string problem = size_problem(geometry_of(graph, op));
  if (!problem.empty()) return problem;
  return kernel;
}

thimble_layer layer_shape(const Graph& graph, const Operator& op) {
  const auto id = kernel_for(graph, op);
  THIMBLE_CHECK(id.has_value(), op.name + " has no kernel");
  const WindowGeometry g = geometry_of(graph, op);
  thimble_layer layer{};
  layer.kernel = thimble_kernel_by_id(*id)->kernel;
  layer.in_h = static_cast<std::uint16_t>(g.in_h);
  layer.in_w = static_cast<std::uint16_t>(g.in_w);
  layer.in_c = static_cast<std::uint16_t>(g.in_c);
  layer.out_h = static_cast<std::uint16_t>(g.out_h);
  layer.out_w = static_cast<std::uint16_t>(g.out_w);
  layer.out_c = static_cast<std::uint16_t>(g.out_c);
  layer.kernel_h = static_cast<std::uint8_t>(g.kernel_h);
  layer.kernel_w = static_cast<std::uint8_t>(g.kernel_w);
  layer.stride_h = static_cast<std::uint8_t>(g.stride_h);
  layer.stride_w = static_cast<std::uint8_t>(g.stride_w);
  layer.pad_top = static_cast<std::uint8_t>(g.pad_top);
  layer.pad_left = static_cast<std::uint8_t>(g.pad_left);
  layer.operands = op.type == OpType::kAdd ? 2 : 1;
  set_quantization(graph, op, layer);
  return layer;
}

std::int64_t packed_bytes(const Graph& graph, const Operator& op) {
  switch (op.type) {
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
    case OpType::kFullyConnected: {
      const WindowGeometry g = geometry_of(graph, op);
      const int pairs = pair_count(g, op.type == OpType::kDepthwiseConv2D);
      return std::int64_t{4} * block_words(pairs) * (round_up(g.out_c, kBlock) / kBlock);
    }
    case OpType::kAdd:
      return 28;
    default:
      return 0;
  }
}

PackResult pack(const Graph& graph, const Operator& op) {
  switch (op.type) {
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
    case OpType::kFullyConnected:
      return pack_weights(graph, op);
    case OpType::kAdd:
      return pack_add(graph, op);
    default:
      return Words{};
  }
}

}  // namespace thimble
