#include "deploy/simplify/remove_channels.hpp"

#include <algorithm>

#include "deploy/simplify/channel_ranges.hpp"
#include "deploy/simplify/graph_edit.hpp"
#include "deploy/simplify/removed_products.hpp"

namespace thimble {
namespace {

/// Elements of a row-major tensor whose index along the last dimension is kept.
template <class T>
std::vector<T> columns_kept(const std::vector<T>& values, const std::vector<bool>& mask) {
  std::vector<T> kept;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (mask[i % mask.size()]) kept.push_back(values[i]);
  return kept;
}

/// Rows of a tensor [rows][...] whose index is kept.
template <class T>
std::vector<T> rows_kept(const std::vector<T>& values, std::size_t rows, const std::vector<bool>& mask) {
  const std::size_t row = values.size() / rows;
  std::vector<T> kept;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (mask[i / row % mask.size()]) kept.push_back(values[i]);
  return kept;
}

int count_kept(int size, const std::vector<bool>& mask) {
  const auto kept = static_cast<int>(std::count(mask.begin(), mask.end(), true));
  return size / static_cast<int>(mask.size()) * kept;
}

void keep_scales(Quantization& q, const std::vector<bool>& mask) {
  if (q.scales.size() < 2) return;
  q.scales = columns_kept(q.scales, mask);
  q.zero_points = columns_kept(q.zero_points, mask);
}

class Remover {
 public:
  Remover(Graph& graph, const ChannelGroups& groups, const ChannelMasks& masks)
      : graph_(graph), groups_(groups), masks_(masks), ranges_(channel_ranges(graph)) {}

  int run() {
    int removed = 0;
    for (Operator& op : graph_.operators) {
      const int before = channels_of(op);
      if (mixes_channels(op.type)) cut_filters(op);
      if (op.type == OpType::kDepthwiseConv2D) cut_depthwise(op);
      if (op.type == OpType::kAdd || op.type == OpType::kMul || op.type == OpType::kConcat)
        for (int& input : op.inputs) cut_operand(op, input);
      removed += before - channels_of(op);
    }
    for (std::size_t g = 0; g < groups_.groups.size(); ++g)
      for (int tensor : groups_.groups[g].tensors) cut_shape(graph_.tensor(tensor), masks_[g]);
    return removed;
  }

 private:
  const std::vector<bool>& mask_of(int tensor) const {
    return masks_[static_cast<std::size_t>(groups_.group_of[static_cast<std::size_t>(tensor)])];
  }

  /// Filters of an operator with weights.
  int channels_of(const Operator& op) const {
    return has_filters(op.type) ? graph_.tensor(op.inputs[2]).shape.at(0) : 0;
  }

  static void cut_shape(Tensor& tensor, const std::vector<bool>& mask) {
    if (!tensor.shape.empty()) tensor.shape.back() = count_kept(tensor.shape.back(), mask);
  }

  /// A copy: others may read the same constant with other channels.
  int changed(Tensor tensor) { return graph_.add(std::move(tensor)); }

  std::vector<std::int32_t> folded_bias(const Operator& op) const {
    auto bias = std::get<std::vector<std::int32_t>>(graph_.tensor(op.inputs[2]).data);
    const std::vector<bool>& mask = mask_of(op.inputs[0]);
    const TensorRanges& ranges = ranges_[static_cast<std::size_t>(op.inputs[0])];
    for (std::size_t channel = 0; channel < mask.size(); ++channel) {
      if (mask[channel]) continue;
      const auto products = constant_products(graph_, op, ranges, static_cast<int>(mask.size()), channel);
      for (std::size_t o = 0; o < bias.size(); ++o) bias[o] += static_cast<std::int32_t>(products.value()[o]);
    }
    return bias;
  }

  void cut_filters(Operator& op) {
    const std::vector<bool>&in = mask_of(op.inputs[0]), &out = mask_of(op.outputs[0]);
    Tensor weights = graph_.tensor(op.inputs[1]), bias = graph_.tensor(op.inputs[2]);
    const auto rows = static_cast<std::size_t>(weights.shape[0]);
    const auto& values = std::get<std::vector<std::int8_t>>(weights.data);
    bias.data = columns_kept(folded_bias(op), out);
    weights.data = columns_kept(rows_kept(values, rows, out), in);
    weights.shape.front() = bias.shape[0] = count_kept(weights.shape.front(), out);
    cut_shape(weights, in);
    keep_scales(weights.quantization, out);
    keep_scales(bias.quantization, out);
    op.inputs = {op.inputs[0], changed(std::move(weights)), changed(std::move(bias))};
  }

  void cut_depthwise(Operator& op) {
    const std::vector<bool>& mask = mask_of(op.inputs[0]);
    Tensor weights = graph_.tensor(op.inputs[1]), bias = graph_.tensor(op.inputs[2]);
    weights.data = columns_kept(std::get<std::vector<std::int8_t>>(weights.data), mask);
    bias.data = columns_kept(std::get<std::vector<std::int32_t>>(bias.data), mask);
    cut_shape(weights, mask);
    cut_shape(bias, mask);
    keep_scales(weights.quantization, mask);
    keep_scales(bias.quantization, mask);
    op.inputs = {op.inputs[0], changed(std::move(weights)), changed(std::move(bias))};
  }

  /// A constant operand with the output's channels; one value for all stays.
  void cut_operand(const Operator& op, int& input) {
    Tensor constant = graph_.tensor(input);
    const std::vector<bool>& mask = mask_of(op.outputs[0]);
    const bool per_channel =
        !constant.shape.empty() && constant.shape.back() == graph_.tensor(op.outputs[0]).shape.back();
    if (!constant.constant || !per_channel) return;
    constant.data = columns_kept(std::get<std::vector<std::int8_t>>(constant.data), mask);
    cut_shape(constant, mask);
    input = changed(std::move(constant));
  }

  Graph& graph_;
  const ChannelGroups& groups_;
  const ChannelMasks& masks_;
  const std::vector<TensorRanges> ranges_;
};

}  // namespace

int remove_channels(Graph& graph, const ChannelGroups& groups, const ChannelMasks& masks) {
  const auto all_stay = [](const std::vector<bool>& mask) { return std::count(mask.begin(), mask.end(), false) == 0; };
  if (std::all_of(masks.begin(), masks.end(), all_stay)) return 0;
  return Remover(graph, groups, masks).run();
}

}  // namespace thimble
