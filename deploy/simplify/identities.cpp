#include "deploy/simplify/identities.hpp"

#include <algorithm>

#include "deploy/simplify/constant_operators.hpp"
#include "deploy/simplify/graph_edit.hpp"

namespace thimble {
namespace {

/// Whether all dimensions above 1 keep their order.
bool keeps_order(const Shape& shape, const std::vector<int>& axes) {
  int previous = -1;
  for (int axis : axes) {
    if (shape[static_cast<std::size_t>(axis)] == 1) continue;
    if (axis < previous) return false;
    previous = axis;
  }
  return true;
}

bool is_nothing(const Padding& p) { return p.top == 0 && p.bottom == 0 && p.left == 0 && p.right == 0; }

class Identities {
 public:
  explicit Identities(Graph& graph) : graph_(graph), erased_(graph.operators.size(), false) {}

  int run() {
    writers_ = writers_of(graph_);
    for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
      Operator& op = graph_.operators[i];
      if (becomes_reshape(op)) {
        op.type = OpType::kReshape;
        op.axes.clear();
        ++changes_;
      }
      skip_inner(op);
      if (does_nothing(op)) erase(i);
    }
    erase_operators(graph_, erased_);
    return changes_;
  }

 private:
  const Tensor& input(const Operator& op) const { return graph_.tensor(op.inputs[0]); }
  const Tensor& output(const Operator& op) const { return graph_.tensor(op.outputs[0]); }

  bool becomes_reshape(const Operator& op) const {
    if (op.type == OpType::kTranspose) return keeps_order(input(op).shape, op.axes);
    // The factor of a mean over one element is 1 where the scales are equal: the value comes back.
    return op.type == OpType::kMean && input(op).elements() == output(op).elements() &&
           same_quantization(input(op), output(op));
  }

  /// The operator that writes the first input, if it has the given type.
  const Operator* inner(const Operator& op, OpType type) const {
    const int writer = writers_[static_cast<std::size_t>(op.inputs[0])];
    if (writer < 0 || graph_.operators[static_cast<std::size_t>(writer)].type != type) return nullptr;
    return &graph_.operators[static_cast<std::size_t>(writer)];
  }

  /// Reads past an operator that this one undoes or repeats.
  void skip_inner(Operator& op) {
    const bool int8 = output(op).type == DataType::kInt8;
    const Operator* skipped = nullptr;
    if (op.type == OpType::kReshape) skipped = inner(op, OpType::kReshape);
    // real = scale * steps, and real / scale rounds back to the steps: they are integers below 256.
    if (op.type == OpType::kQuantize && int8 && input(op).type == DataType::kFloat32)
      skipped = inner(op, OpType::kDequantize);
    if (!skipped) return;
    if (op.type == OpType::kQuantize && !same_quantization(input(*skipped), output(op))) return;
    op.inputs[0] = skipped->inputs[0];
    ++changes_;
  }

  bool does_nothing(const Operator& op) const {
    switch (op.type) {
      case OpType::kPad:
        return is_nothing(op.padding);
      case OpType::kReshape:
      case OpType::kResizeNearest:
        return input(op).shape == output(op).shape;
      case OpType::kConcat:
        return op.inputs.size() == 1;
      case OpType::kQuantize:
        return input(op).type == DataType::kInt8 && same_quantization(input(op), output(op));
      default:
        return false;
    }
  }

  /// The graph's output must be written by an operator: an input that nothing computes stays behind one. So does a
  /// constant where others need what an operator writes.
  void erase(std::size_t index) {
    const Operator& op = graph_.operators[index];
    if (is_output(graph_, op.outputs[0]) && writers_[static_cast<std::size_t>(op.inputs[0])] < 0) return;
    if (input(op).constant && !may_be_constant(graph_, readers_of(graph_), op.outputs[0])) return;
    erased_[index] = true;
    ++changes_;
    redirect(graph_, op.outputs[0], op.inputs[0]);
  }

  Graph& graph_;
  std::vector<int> writers_;
  std::vector<bool> erased_;
  int changes_ = 0;
};

}  // namespace

int remove_identities(Graph& graph) { return Identities(graph).run(); }

}  // namespace thimble
