#include "deploy/simplify/sink_transposes.hpp"

#include <algorithm>
#include <optional>

#include "deploy/pack/pack.hpp"
#include "deploy/simplify/graph_edit.hpp"

namespace thimble {
namespace {

/// For each dimension of `out` the dimension of `in` that it is, if they differ in dimensions of size 1 only; a
/// dimension of size 1 that `in` lacks is -1.
std::optional<std::vector<int>> same_but_ones(const Shape& in, const Shape& out) {
  std::vector<int> origin;
  std::size_t at = 0;
  const auto skip_ones = [&] {
    while (at < in.size() && in[at] == 1) ++at;
  };
  for (int size : out) {
    if (size == 1) {
      origin.push_back(-1);
      continue;
    }
    skip_ones();
    if (at == in.size() || in[at] != size) return std::nullopt;
    origin.push_back(static_cast<int>(at++));
  }
  skip_ones();
  return at == in.size() ? std::optional(origin) : std::nullopt;
}

Shape permuted(const Shape& shape, const std::vector<int>& axes) {
  Shape result;
  for (int axis : axes) result.push_back(shape[static_cast<std::size_t>(axis)]);
  return result;
}

class Sinker {
 public:
  explicit Sinker(Graph& graph) : graph_(graph), readers_(readers_of(graph)) {}

  /// Passes the first operator that can be passed.
  bool run() {
    for (const Operator& op : graph_.operators) {
      if (!only_means_read(op)) continue;
      if (const std::optional<std::vector<int>> origin = origin_of(op); origin && have_kernels(op, *origin)) {
        pass(Operator(op), *origin);
        return true;
      }
    }
    return false;
  }

 private:
  bool only_means_read(const Operator& op) const {
    const std::vector<int>& readers = readers_[static_cast<std::size_t>(op.outputs[0])];
    const auto is_mean = [&](int reader) {
      return graph_.operators[static_cast<std::size_t>(reader)].type == OpType::kMean;
    };
    return !readers.empty() && std::all_of(readers.begin(), readers.end(), is_mean) &&
           !is_output(graph_, op.outputs[0]);
  }

  /// Where each dimension of the operator's output comes from.
  std::optional<std::vector<int>> origin_of(const Operator& op) const {
    if (op.type == OpType::kTranspose) return op.axes;
    if (op.type != OpType::kReshape) return std::nullopt;
    return same_but_ones(graph_.tensor(op.inputs[0]).shape, graph_.tensor(op.outputs[0]).shape);
  }

  /// Whether the means have kernels when they read the input of `op`.
  bool have_kernels(const Operator& op, const std::vector<int>& origin) const {
    const std::vector<int>& readers = readers_[static_cast<std::size_t>(op.outputs[0])];
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      const MovedMean moved = moved_mean(op, origin, graph_.operators[static_cast<std::size_t>(reader)]);
      Graph alone;
      Operator mean = moved.mean;
      mean.inputs = {alone.add(like(graph_.tensor(op.inputs[0]), "", graph_.tensor(op.inputs[0]).shape))};
      mean.outputs = {alone.add(like(graph_.tensor(op.inputs[0]), "", moved.kept))};
      return kernel_for(alone, mean).has_value();
    });
  }

  struct MovedMean {
    Operator mean;  ///< reads the input of what it passes
    Shape kept;     ///< of its output: reduced dimensions are 1
  };

  MovedMean moved_mean(const Operator& op, const std::vector<int>& origin, const Operator& mean) const {
    MovedMean moved{mean, graph_.tensor(op.inputs[0]).shape};
    moved.mean.inputs = op.inputs;
    moved.mean.axes.clear();
    for (int axis : mean.axes) {
      const int from = origin[static_cast<std::size_t>(axis)];
      if (from < 0) continue;
      moved.mean.axes.push_back(from);
      moved.kept[static_cast<std::size_t>(from)] = 1;
    }
    std::sort(moved.mean.axes.begin(), moved.mean.axes.end());
    return moved;
  }

  void pass(const Operator& op, const std::vector<int>& origin) {
    for (Operator& reader : graph_.operators) {
      if (reader.inputs[0] == op.outputs[0])
        write_from_input(op, origin, reader);
      else
        rewritten_.push_back(std::move(reader));
    }
    graph_.operators = std::move(rewritten_);
  }

  /// Writes the mean's output from the input of `op`.
  void write_from_input(const Operator& op, const std::vector<int>& origin, const Operator& mean) {
    const Tensor output = graph_.tensor(mean.outputs[0]);
    auto [inner, kept] = moved_mean(op, origin, mean);
    int last = graph_.add(like(output, output.name, kept));
    inner.outputs = {last};
    rewritten_.push_back(inner);
    if (op.type == OpType::kTranspose) {
      Operator transpose = op;
      transpose.inputs = {last};
      last = graph_.add(like(output, output.name, permuted(kept, op.axes)));
      transpose.outputs = {last};
      rewritten_.push_back(transpose);
    }
    Operator reshape;
    reshape.type = OpType::kReshape;
    reshape.name = mean.name;
    reshape.inputs = {last};
    reshape.outputs = mean.outputs;
    rewritten_.push_back(reshape);
  }

  Graph& graph_;
  std::vector<std::vector<int>> readers_;
  std::vector<Operator> rewritten_;
};

}  // namespace

int sink_transposes(Graph& graph) {
  int passed = 0;
  while (Sinker(graph).run()) ++passed;
  return passed;
}

}  // namespace thimble
