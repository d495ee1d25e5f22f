#include "deploy/simplify/channel_ranges.hpp"

#include <algorithm>
#include <limits>

#include "graph/base/check.hpp"
#include "graph/int8_kernels.hpp"

namespace thimble {
namespace {

/// Leaves room for the zero point, which is added at the end.
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max() - 256;

struct SumRange {
  std::int64_t low = 0, high = 0;

  void add(std::int64_t a, std::int64_t b) {
    low += std::min(a, b);
    high += std::max(a, b);
  }
};

ChannelRange hull(const ChannelRange& a, const ChannelRange& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

ChannelRange hull(const TensorRanges& ranges) {
  ChannelRange all = ranges.at(0);
  for (const ChannelRange& range : ranges) all = hull(all, range);
  return all;
}

std::int32_t zero_point_of(const Tensor& tensor) { return tensor.quantization.zero_points.at(0); }

bool has_padding(const Operator& op) {
  return op.padding.top > 0 || op.padding.bottom > 0 || op.padding.left > 0 || op.padding.right > 0;
}

/// Whether sums of that size pass the requantisation's left shift without wrapping: it does not decrease then.
bool is_monotone(const SumRange& sum, QuantizedMultiplier multiplier) {
  const int left = std::max(multiplier.shift, 0);
  return left < 31 && std::max(-sum.low, sum.high) <= (kLargest >> left);
}

ChannelRange requantized(const SumRange& sum, const Requantization& requantization, std::size_t channel) {
  const std::int64_t bias = requantization.bias[channel];
  const ChannelRange full{requantization.range.min, requantization.range.max};
  if (!is_monotone({sum.low + bias, sum.high + bias}, requantization.multipliers[channel]) || !is_monotone(sum, {}))
    return full;
  return {requantization.apply(static_cast<std::int32_t>(sum.low), channel),
          requantization.apply(static_cast<std::int32_t>(sum.high), channel)};
}

class Analysis {
 public:
  explicit Analysis(const Graph& graph) : graph_(graph), ranges_(graph.tensors.size()) {
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) ranges_[i] = of_end(graph.tensors[i]);
  }

  std::vector<TensorRanges> run() {
    for (const Operator& op : graph_.operators) ranges_[static_cast<std::size_t>(op.outputs[0])] = of_output(op);
    return std::move(ranges_);
  }

 private:
  const Tensor& input(const Operator& op, std::size_t i = 0) const { return graph_.tensor(op.inputs[i]); }
  const Tensor& output(const Operator& op) const { return graph_.tensor(op.outputs[0]); }
  const TensorRanges& raw(const Operator& op) const { return ranges_[static_cast<std::size_t>(op.inputs[0])]; }
  TensorRanges channels(const Operator& op, std::size_t i = 0) const {
    return along_last_dimension(ranges_[static_cast<std::size_t>(op.inputs[i])], input(op, i).shape);
  }
  ActivationRange clamp_of(const Operator& op) const {
    const Quantization& q = output(op).quantization;
    return activation_range(op.activation, q.scales.at(0), q.zero_points.at(0));
  }
  TensorRanges full(const Tensor& tensor) const {
    return TensorRanges(static_cast<std::size_t>(tensor.shape.empty() ? 1 : tensor.shape.back()));
  }

  /// Of a tensor that no operator writes.
  TensorRanges of_end(const Tensor& tensor) const {
    if (tensor.type != DataType::kInt8) return {};
    const auto* values = std::get_if<std::vector<std::int8_t>>(&tensor.data);
    TensorRanges ranges = full(tensor);
    if (!values) return ranges;
    for (std::size_t c = 0; c < ranges.size(); ++c) ranges[c] = {(*values)[c], (*values)[c]};
    for (std::size_t i = 0; i < values->size(); ++i) {
      ChannelRange& range = ranges[i % ranges.size()];
      range = hull(range, {(*values)[i], (*values)[i]});
    }
    return ranges;
  }

  TensorRanges of_output(const Operator& op) const {
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kFullyConnected:
        return of_filters(op);
      case OpType::kDepthwiseConv2D:
        return of_depthwise(op);
      case OpType::kAdd:
        return of_add(op);
      case OpType::kMul:
        return of_mul(op);
      case OpType::kAveragePool2D:
      case OpType::kMaxPool2D:
        return clamped(op);
      case OpType::kConcat:
        return of_concat(op);
      case OpType::kMean:
        return of_mean(op);
      case OpType::kPad:
        return with_padding(op);
      case OpType::kReshape:
        return raw(op);
      case OpType::kTranspose:
        return {hull(raw(op))};
      case OpType::kResizeNearest:
        return channels(op);
      case OpType::kQuantize:
        return raw(op).empty() ? full(output(op)) : rescaled(op, 1);
      case OpType::kSoftmax:
        return full(output(op));
      case OpType::kDequantize:
        return {};
    }
    THIMBLE_CHECK(false, "an OpType without a range");
  }

  /// What an input channel adds to a sum per step of its weight: centred, with zero where padding may lie.
  std::vector<SumRange> centred(const Operator& op, const TensorRanges& ranges) const {
    const int zero = zero_point_of(input(op));
    std::vector<SumRange> result;
    for (const ChannelRange& range : ranges) {
      SumRange values{range.low - zero, range.high - zero};
      if (has_padding(op)) values = {std::min<std::int64_t>(values.low, 0), std::max<std::int64_t>(values.high, 0)};
      result.push_back(values);
    }
    return result;
  }

  Requantization requantization(const Operator& op) const {
    return {.multipliers = channel_multipliers(graph_, op),
            .bias = std::get<std::vector<std::int32_t>>(input(op, 2).data),
            .output_zero_point = zero_point_of(output(op)),
            .range = clamp_of(op)};
  }

  /// One factor for all, no bias.
  Requantization tensor_requantization(const Operator& op) const {
    return {.multipliers = {tensor_multiplier(graph_, op)},
            .bias = {0},
            .output_zero_point = zero_point_of(output(op)),
            .range = clamp_of(op)};
  }

  TensorRanges of_filters(const Operator& op) const {
    const auto& weights = std::get<std::vector<std::int8_t>>(input(op, 1).data);
    // A fully connected layer reads its input flat, whatever its shape.
    const std::vector<SumRange> x = centred(op, op.type == OpType::kFullyConnected ? raw(op) : channels(op));
    const Requantization requantize = requantization(op);
    const auto outputs = static_cast<std::size_t>(input(op, 1).shape[0]);
    const std::size_t depth = weights.size() / outputs;
    TensorRanges result;
    for (std::size_t o = 0; o < outputs; ++o) {
      SumRange sum;
      for (std::size_t k = 0; k < depth; ++k) {
        const std::int64_t w = weights[o * depth + k];
        sum.add(w * x[k % x.size()].low, w * x[k % x.size()].high);
      }
      result.push_back(requantized(sum, requantize, o));
    }
    return result;
  }

  TensorRanges of_depthwise(const Operator& op) const {
    const auto& weights = std::get<std::vector<std::int8_t>>(input(op, 1).data);
    const std::vector<SumRange> x = centred(op, channels(op));
    const Requantization requantize = requantization(op);
    std::vector<SumRange> sums(x.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::size_t c = i % x.size();
      sums[c].add(weights[i] * x[c].low, weights[i] * x[c].high);
    }
    TensorRanges result;
    for (std::size_t c = 0; c < x.size(); ++c) result.push_back(requantized(sums[c], requantize, c));
    return result;
  }

  /// The ranges of an operand, broadcast to the output's channels.
  TensorRanges operand(const Operator& op, std::size_t i) const {
    TensorRanges ranges = channels(op, i);
    if (ranges.size() == 1) ranges.assign(full(output(op)).size(), ranges[0]);
    return ranges;
  }

  TensorRanges of_add(const Operator& op) const {
    const AddParameters p = add_parameters(graph_, op);
    const TensorRanges a = operand(op, 0), b = operand(op, 1);
    TensorRanges result(a.size(), {p.range.min, p.range.max});
    if (p.output.shift > 0) return result;  // sums may wrap
    const auto sum = [&](int x, int y) {
      return add_elements(static_cast<std::int8_t>(x), static_cast<std::int8_t>(y), p);
    };
    for (std::size_t c = 0; c < a.size(); ++c) result[c] = {sum(a[c].low, b[c].low), sum(a[c].high, b[c].high)};
    return result;
  }

  TensorRanges of_mul(const Operator& op) const {
    const TensorRanges a = operand(op, 0), b = operand(op, 1);
    const std::int64_t zero_a = zero_point_of(input(op, 0)), zero_b = zero_point_of(input(op, 1));
    const Requantization requantize = tensor_requantization(op);
    TensorRanges result;
    for (std::size_t c = 0; c < a.size(); ++c) {
      const std::initializer_list<std::int64_t> corners = {
          (a[c].low - zero_a) * (b[c].low - zero_b), (a[c].low - zero_a) * (b[c].high - zero_b),
          (a[c].high - zero_a) * (b[c].low - zero_b), (a[c].high - zero_a) * (b[c].high - zero_b)};
      result.push_back(requantized({std::min(corners), std::max(corners)}, requantize, 0));
    }
    return result;
  }

  /// Pools: a mean or a maximum lies between the values.
  TensorRanges clamped(const Operator& op) const {
    const ActivationRange clamp = clamp_of(op);
    TensorRanges ranges = channels(op);
    for (ChannelRange& range : ranges)
      range = {std::clamp(range.low, clamp.min, clamp.max), std::clamp(range.high, clamp.min, clamp.max)};
    return ranges;
  }

  /// Sums of `count` values, times the operator's one factor.
  TensorRanges rescaled(const Operator& op, std::int64_t count) const {
    const Requantization requantize = tensor_requantization(op);
    const int zero = zero_point_of(input(op));
    TensorRanges ranges = channels(op);
    for (ChannelRange& range : ranges)
      range = requantized({count * (range.low - zero), count * (range.high - zero)}, requantize, 0);
    return ranges;
  }

  TensorRanges of_mean(const Operator& op) const {
    const std::int64_t count = input(op).elements() / output(op).elements();
    TensorRanges ranges = rescaled(op, count);
    const int last = static_cast<int>(input(op).shape.size()) - 1;
    const bool mixes_channels = std::find(op.axes.begin(), op.axes.end(), last) != op.axes.end();
    return mixes_channels && input(op).shape.back() > 1 ? TensorRanges{hull(ranges)} : ranges;
  }

  TensorRanges of_concat(const Operator& op) const {
    const bool joins_channels = op.axes.at(0) == static_cast<int>(output(op).shape.size()) - 1;
    TensorRanges result = channels(op);
    for (std::size_t i = 1; i < op.inputs.size(); ++i) {
      const TensorRanges part = channels(op, i);
      if (joins_channels) result.insert(result.end(), part.begin(), part.end());
      for (std::size_t c = 0; !joins_channels && c < part.size(); ++c) result[c] = hull(result[c], part[c]);
    }
    return result;
  }

  TensorRanges with_padding(const Operator& op) const {
    const int zero = zero_point_of(output(op));
    TensorRanges ranges = channels(op);
    if (has_padding(op))
      for (ChannelRange& range : ranges) range = hull(range, {zero, zero});
    return ranges;
  }

  const Graph& graph_;
  std::vector<TensorRanges> ranges_;
};

}  // namespace

TensorRanges along_last_dimension(const TensorRanges& ranges, const Shape& shape) {
  const std::size_t size = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  TensorRanges result(size);
  const bool fits = size % ranges.size() == 0;
  const ChannelRange all = hull(ranges);
  for (std::size_t i = 0; i < size; ++i) result[i] = fits ? ranges[i % ranges.size()] : all;
  return result;
}

std::vector<TensorRanges> channel_ranges(const Graph& graph) { return Analysis(graph).run(); }

}  // namespace thimble
