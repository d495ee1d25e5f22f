#include "deploy/simplify/channel_groups.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace thimble {
namespace {

int last_dimension(const Tensor& tensor) { return tensor.shape.empty() ? 1 : tensor.shape.back(); }

/// Disjoint sets of tensors.
class Grouping {
 public:
  explicit Grouping(const Graph& graph)
      : graph_(graph), parent_(graph.tensors.size()), fixed_(graph.tensors.size(), false) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  ChannelGroups run() {
    for (int tensor : graph_.inputs) fix(tensor);
    for (int tensor : graph_.outputs) fix(tensor);
    for (const Operator& op : graph_.operators) visit(op);
    return collected();
  }

 private:
  int root(int tensor) {
    int& parent = parent_[static_cast<std::size_t>(tensor)];
    return parent == tensor ? tensor : parent = root(parent);
  }
  void fix(int tensor) { fixed_[static_cast<std::size_t>(root(tensor))] = true; }
  void join(int a, int b) {
    const int x = root(a), y = root(b);
    fixed_[static_cast<std::size_t>(x)] = fixed_[static_cast<std::size_t>(x)] || fixed_[static_cast<std::size_t>(y)];
    parent_[static_cast<std::size_t>(y)] = x;
  }

  void visit(const Operator& op) {
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kFullyConnected:
        return;
      case OpType::kAdd:
      case OpType::kMul:
        for (int input : op.inputs) visit_operand(input, op.outputs[0]);
        return;
      case OpType::kConcat:
        return visit_concat(op);
      case OpType::kMean:
        return visit_mean(op);
      case OpType::kDepthwiseConv2D:
      case OpType::kAveragePool2D:
      case OpType::kMaxPool2D:
      case OpType::kReshape:
      case OpType::kPad:
      case OpType::kResizeNearest:
        return join(op.inputs[0], op.outputs[0]);
      case OpType::kQuantize:
        if (graph_.tensor(op.inputs[0]).type == DataType::kInt8) return join(op.inputs[0], op.outputs[0]);
        [[fallthrough]];
      case OpType::kTranspose:
      case OpType::kSoftmax:
      case OpType::kDequantize:
        fix(op.inputs[0]);
        return fix(op.outputs[0]);
    }
  }

  void visit_operand(int input, int output) {
    if (graph_.tensor(input).constant) return;
    const bool broadcast = last_dimension(graph_.tensor(input)) != last_dimension(graph_.tensor(output));
    broadcast ? fix(input) : join(input, output);
  }

  /// Joined along another dimension, the parts have the same channels; joined along the channels, all stay.
  void visit_concat(const Operator& op) {
    const int last = static_cast<int>(graph_.tensor(op.outputs[0]).shape.size()) - 1;
    if (op.axes.at(0) == last) fix(op.outputs[0]);
    for (int input : op.inputs) {
      if (graph_.tensor(input).constant) continue;
      op.axes[0] == last ? fix(input) : join(input, op.outputs[0]);
    }
  }

  void visit_mean(const Operator& op) {
    const int last = static_cast<int>(graph_.tensor(op.inputs[0]).shape.size()) - 1;
    const bool over_channels = std::find(op.axes.begin(), op.axes.end(), last) != op.axes.end();
    join(op.inputs[0], op.outputs[0]);
    if (over_channels) fix(op.inputs[0]);
  }

  ChannelGroups collected() {
    ChannelGroups result;
    result.group_of.assign(graph_.tensors.size(), -1);
    std::map<int, int> group_of_root;
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      const int tensor = static_cast<int>(i);
      if (graph_.tensor(tensor).constant) continue;
      const auto [at, is_new] = group_of_root.try_emplace(root(tensor), static_cast<int>(result.groups.size()));
      if (is_new) result.groups.emplace_back();
      ChannelGroup& group = result.groups[static_cast<std::size_t>(at->second)];
      group.tensors.push_back(tensor);
      group.fixed = fixed_[static_cast<std::size_t>(root(tensor))];
      result.group_of[i] = at->second;
    }
    for (ChannelGroup& group : result.groups) set_channels(group);
    return result;
  }

  /// A flattened tensor has its channels several times.
  void set_channels(ChannelGroup& group) const {
    group.channels = last_dimension(graph_.tensor(group.tensors.front()));
    for (int tensor : group.tensors) group.channels = std::min(group.channels, last_dimension(graph_.tensor(tensor)));
    for (int tensor : group.tensors)
      if (last_dimension(graph_.tensor(tensor)) % group.channels != 0) group.fixed = true;
  }

  const Graph& graph_;
  std::vector<int> parent_;
  std::vector<bool> fixed_;
};

}  // namespace

ChannelGroups channel_groups(const Graph& graph) { return Grouping(graph).run(); }

bool mixes_channels(OpType type) { return type == OpType::kConv2D || type == OpType::kFullyConnected; }

}  // namespace thimble
