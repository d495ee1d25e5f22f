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

class Folder {
 public:
  explicit Folder(Graph& graph) : graph_(graph), readers_(readers_of(graph)), erased_(graph.operators.size(), false) {}

  /// Back to front: a pad's readers have taken the pads behind it before.
  int run() {
    for (std::size_t i = graph_.operators.size(); i-- > 0;)
      if (graph_.operators[i].type == OpType::kPad) erased_[i] = fold(graph_.operators[i]);
    erase_operators(graph_, erased_);
    return static_cast<int>(std::count(erased_.begin(), erased_.end(), true));
  }

 private:
  Operator& op_at(int index) { return graph_.operators[static_cast<std::size_t>(index)]; }
  std::vector<int>& readers(int tensor) { return readers_[static_cast<std::size_t>(tensor)]; }

  bool fold(const Operator& pad) {
    const std::vector<int> of_pad = readers(pad.outputs[0]);
    if (of_pad.empty() || is_output(graph_, pad.outputs[0])) return false;
    if (!std::all_of(of_pad.begin(), of_pad.end(), [&](int r) { return takes(op_at(r), pad); })) return false;
    for (int reader : of_pad) {
      op_at(reader).padding = sum(op_at(reader).padding, pad.padding);
      op_at(reader).inputs[0] = pad.inputs[0];
    }
    std::vector<int>& of_input = readers(pad.inputs[0]);
    of_input.insert(of_input.end(), of_pad.begin(), of_pad.end());
    std::erase_if(of_input, [&](int r) { return &op_at(r) == &pad; });
    return true;
  }

  bool takes(const Operator& reader, const Operator& pad) {
    const Padding padding = sum(reader.padding, pad.padding);
    switch (reader.type) {
      case OpType::kPad:
        return is_below(padding, kLargestPadding, kLargestPadding);
      case OpType::kConv2D:
      case OpType::kDepthwiseConv2D:
        return is_below(padding, reader.kernel_h, reader.kernel_w);
      case OpType::kMaxPool2D:
        return is_below(padding, reader.kernel_h, reader.kernel_w) && is_never_negative(pad.inputs[0]);
      default:
        return false;
    }
  }

  /// Folding changes no tensor that stays: one analysis does for all pads.
  bool is_never_negative(int tensor) {
    if (ranges_.empty()) ranges_ = channel_ranges(graph_);
    const std::int32_t zero = graph_.tensor(tensor).quantization.zero_points.at(0);
    const TensorRanges& ranges = ranges_[static_cast<std::size_t>(tensor)];
    return std::all_of(ranges.begin(), ranges.end(), [&](const ChannelRange& range) { return range.low >= zero; });
  }

  Graph& graph_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> erased_;
  std::vector<TensorRanges> ranges_;
};

}  // namespace

int fold_padding(Graph& graph) { return Folder(graph).run(); }

}  // namespace thimble
