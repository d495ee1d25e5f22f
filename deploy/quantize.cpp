#include "deploy/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "deploy/quantize_bias.hpp"
#include "deploy/quantize_equalize.hpp"
#include "deploy/simplify/graph_edit.hpp"
#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

/// A bias beyond this many steps would leave no room for the sum beside it in int32.
constexpr double kLargestBias = 1 << 24;

Quantization per_tensor(float scale, std::int32_t zero_point) { return {{scale}, {zero_point}, 0}; }

/// Scale and zero point of a range, widened to hold zero, which gets an exact value. Where nothing but zero was seen,
/// or values so small that their scale would be no normal float, the zero point keeps what the activation allows: all
/// 255 steps above zero behind a ReLU.
Quantization asymmetric(ValueRange range, Activation activation = Activation::kNone) {
  const double low = std::min(range.min, 0.0f), high = std::max(range.max, 0.0f);
  const auto scale = static_cast<float>((high - low) / 255);
  if (!std::isnormal(scale)) return per_tensor(1.0f / 128, activation == Activation::kNone ? 0 : -128);
  const double zero = std::round(-128 - low / double{scale});
  return per_tensor(scale, static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0)));
}

ValueRange clamped(ValueRange range, Activation activation) {
  if (activation == Activation::kNone) return range;
  range.min = 0;
  range.max = std::max(range.max, 0.0f);
  if (activation == Activation::kRelu6) range.max = std::min(range.max, 6.0f);
  return range;
}

bool keeps_scale(OpType type) {
  return type == OpType::kAveragePool2D || type == OpType::kMaxPool2D || type == OpType::kReshape ||
         type == OpType::kPad || type == OpType::kTranspose || type == OpType::kResizeNearest ||
         type == OpType::kConcat;
}

void quantize_activations(Graph& graph, const std::vector<ValueRange>& ranges, const QuantizeOptions& options) {
  for (int input : graph.inputs)
    graph.tensor(input).quantization = per_tensor(options.input_scale, options.input_zero_point);
  for (const Operator& op : graph.operators) {
    Tensor& output = graph.tensor(op.outputs.at(0));
    if (keeps_scale(op.type))
      output.quantization = graph.tensor(op.inputs.at(0)).quantization;
    else if (op.type == OpType::kSoftmax)
      output.quantization = per_tensor(1.0f / 256, -128);
    else
      output.quantization =
          asymmetric(clamped(ranges[static_cast<std::size_t>(op.outputs[0])], op.activation), op.activation);
  }
  for (Tensor& tensor : graph.tensors)
    if (!tensor.constant) tensor.type = DataType::kInt8;
}

/// Weights and bias of one operator; `channel_of` tells the output channel of a weight.
struct Filters {
  const std::vector<float>& weights;
  const std::vector<float>& bias;
  bool depthwise;
  std::size_t channels() const { return bias.size(); }
  std::size_t channel_of(std::size_t index) const {
    return depthwise ? index % channels() : index / (weights.size() / channels());
  }
};

/// One scale per channel: the largest weight becomes 127. A channel (nearly) without weights takes its scale from its
/// bias, which would not fit in int32 otherwise.
std::vector<float> weight_scales(const Filters& filters, float input_scale, float output_scale, bool one_for_all) {
  std::vector<float> largest(filters.channels(), 0.0f);
  for (std::size_t i = 0; i < filters.weights.size(); ++i) {
    float& magnitude = largest[filters.channel_of(i)];
    magnitude = std::max(magnitude, std::abs(filters.weights[i]));
  }
  std::vector<float> scales;
  for (std::size_t channel = 0; channel < filters.channels(); ++channel) {
    const double of_bias = std::abs(filters.bias[channel]) / (double{input_scale} * kLargestBias);
    const auto scale = static_cast<float>(std::max(largest[channel] / 127.0, of_bias));
    const bool is_usable = std::isnormal(scale) && std::isnormal(scale * input_scale);
    scales.push_back(is_usable ? scale : std::max(output_scale / (2 * input_scale), std::numeric_limits<float>::min()));
  }
  if (one_for_all) scales.assign(1, *std::max_element(scales.begin(), scales.end()));
  return scales;
}

std::int32_t rounded(double value, double limit) {
  return static_cast<std::int32_t>(std::clamp(std::round(value), -limit, limit));
}

void quantize_filters(Graph& graph, const Operator& op) {
  Tensor& weights = graph.tensor(op.inputs.at(1));
  Tensor& bias = graph.tensor(op.inputs.at(2));
  const auto real_weights = std::get<std::vector<float>>(weights.data);
  const auto real_bias = std::get<std::vector<float>>(bias.data);
  const Filters filters{real_weights, real_bias, op.type == OpType::kDepthwiseConv2D};
  const float input_scale = graph.tensor(op.inputs[0]).quantization.scales.at(0);
  const float output_scale = graph.tensor(op.outputs[0]).quantization.scales.at(0);
  const std::vector<float> scales =
      weight_scales(filters, input_scale, output_scale, op.type == OpType::kFullyConnected);
  const auto scale_of = [&](std::size_t channel) { return scales[scales.size() == 1 ? 0 : channel]; };

  std::vector<std::int8_t> int8_weights;
  for (std::size_t i = 0; i < real_weights.size(); ++i)
    int8_weights.push_back(
        static_cast<std::int8_t>(rounded(double{real_weights[i]} / scale_of(filters.channel_of(i)), 127)));
  std::vector<std::int32_t> int32_bias;
  Quantization of_bias;
  for (std::size_t channel = 0; channel < real_bias.size(); ++channel)
    int32_bias.push_back(rounded(double{real_bias[channel]} / (double{input_scale} * scale_of(channel)), 1 << 30));
  for (float scale : scales) of_bias.scales.push_back(input_scale * scale);
  of_bias.zero_points.assign(scales.size(), 0);

  weights.type = DataType::kInt8;
  weights.data = std::move(int8_weights);
  weights.quantization = {scales, std::vector<std::int32_t>(scales.size(), 0), filters.depthwise ? 3 : 0};
  bias.type = DataType::kInt32;
  bias.data = std::move(int32_bias);
  bias.quantization = of_bias;
}

/// Constants beside an activation (a sum, a product): asymmetric, like the activations.
void quantize_constant_operands(Graph& graph, const Operator& op) {
  for (int input : op.inputs) {
    Tensor& constant = graph.tensor(input);
    const auto* found = std::get_if<std::vector<float>>(&constant.data);
    if (!constant.constant || !found) continue;
    const std::vector<float> values = *found;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    constant.quantization = asymmetric({*low, *high});
    std::vector<std::int8_t> steps;
    for (float value : values)
      steps.push_back(quantize_value(value, constant.quantization.scales[0], constant.quantization.zero_points[0]));
    constant.type = DataType::kInt8;
    constant.data = std::move(steps);
  }
}

void check_concat(const Graph& graph, const Operator& op) {
  for (int input : op.inputs)
    if (!same_quantization(graph.tensor(input), graph.tensor(op.outputs[0])))
      throw Error(op.name + ": a concat whose inputs have different scales cannot be quantised");
}

/// Weights and biases that several operators read become a copy for each: they have a scale per reader.
void unshare_filters(Graph& graph) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  for (Operator& op : graph.operators) {
    if (!has_filters(op.type)) continue;
    for (std::size_t i : {1, 2})
      if (readers[static_cast<std::size_t>(op.inputs.at(i))].size() > 1)
        op.inputs[i] = graph.add(Tensor(graph.tensor(op.inputs[i])));
  }
}

void check_constants(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) {
    const auto* values = std::get_if<std::vector<float>>(&tensor.data);
    if (values && !std::all_of(values->begin(), values->end(), [](float v) { return std::abs(v) <= 1e30f; }))
      throw Error("tensor " + tensor.name + " has a value that is not finite, or beyond 1e30");
  }
}

}  // namespace

QuantizedNetwork quantize_network(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const QuantizeOptions& options) {
  THIMBLE_CHECK(!inputs.empty(), "calibration needs an input");
  check_constants(graph);
  QuantizedNetwork network;
  network.real = options.equalize ? equalized(graph, inputs) : graph;
  unshare_filters(network.real);
  network.int8 = network.real;
  quantize_activations(network.int8, calibrate(network.real, inputs, options.calibration), options);
  for (const Operator& op : network.int8.operators) {
    if (op.type == OpType::kConcat) check_concat(network.int8, op);
    has_filters(op.type) ? quantize_filters(network.int8, op) : quantize_constant_operands(network.int8, op);
  }
  if (options.bias_correction) correct_biases(network.real, network.int8, inputs);
  return network;
}

Graph quantize(const Graph& graph, std::span<const std::vector<float>> inputs, const QuantizeOptions& options) {
  return quantize_network(graph, inputs, options).int8;
}

}  // namespace thimble
