#include "deploy/simplify/fold_padding.hpp"

#include <algorithm>

#include "deploy/simplify/channel_ranges.hpp"
#include "deploy/simplify/graph_edit.hpp"

namespace thimble {
namespace {

constexpr int kLargestPadding = 65535;

Padding sum(const Padding& a, const Padding& b) {
  return {a.top + b.top, a.bottom + b.bottom, a.left + b.left, a.right + b.right};
}

bool is_below(const Padding& p, int rows, int columns) {
  return std::max(p.top, p.bottom) < rows && std::max(p.left, p.right) < columns;
}

bool is_never_negative(const Graph& graph, int tensor) {
  const std::int32_t zero = graph.tensor(tensor).quantization.zero_points.at(0);
  const TensorRanges ranges = channel_ranges(graph)[static_cast<std::size_t>(tensor)];
  return std::all_of(ranges.begin(), ranges.end(), [&](const ChannelRange& range) { return range.low >= zero; });
}

bool takes(const Graph& graph, const Operator& reader, const Operator& pad) {
  const Padding padding = sum(reader.padding, pad.padding);
  switch (reader.type) {
    case OpType::kPad:
      return is_below(padding, kLargestPadding, kLargestPadding);
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
      return is_below(padding, reader.kernel_h, reader.kernel_w);
    case OpType::kMaxPool2D:
      return is_below(padding, reader.kernel_h, reader.kernel_w) && is_never_negative(graph, pad.inputs[0]);
    default:
      return false;
  }
}

/// Folds the first pad operator that can be.
bool fold_one(Graph& graph) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  const auto op_at = [&](int index) -> Operator& { return graph.operators[static_cast<std::size_t>(index)]; };
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator pad = graph.operators[i];
    if (pad.type != OpType::kPad || is_output(graph, pad.outputs[0])) continue;
    const std::vector<int>& of_pad = readers[static_cast<std::size_t>(pad.outputs[0])];
    const bool all = std::all_of(of_pad.begin(), of_pad.end(), [&](int r) { return takes(graph, op_at(r), pad); });
    if (!all || of_pad.empty()) continue;
    for (int reader : of_pad) {
      op_at(reader).padding = sum(op_at(reader).padding, pad.padding);
      op_at(reader).inputs[0] = pad.inputs[0];
    }
    graph.operators.erase(graph.operators.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

}  // namespace

int fold_padding(Graph& graph) {
  int folded = 0;
  while (fold_one(graph)) ++folded;
  return folded;
}

}  // namespace thimble
