#include "graph/import_limits.hpp"

#include <algorithm>

#include "graph/window.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kMaxProducts = std::int64_t{1} << 33;  ///< also what pools look at
constexpr std::int64_t kMaxMoved = std::int64_t{1} << 27;     ///< elements read and written by all operators
constexpr std::int64_t kMaxColumns = std::int64_t{1} << 26;   ///< elements under the windows of one output row

bool is_pool(const Operator& op) { return op.type == OpType::kAveragePool2D || op.type == OpType::kMaxPool2D; }

std::int64_t products(const Graph& graph, const Operator& op) {
  if (!is_pool(op)) return macs(graph, op);
  const WindowGeometry g = window_geometry(graph, op);
  return graph.tensor(op.outputs[0]).elements() * std::min(g.kernel_h, g.in_h) * std::min(g.kernel_w, g.in_w);
}

std::int64_t columns(const Graph& graph, const Operator& op) {
  if (op.type != OpType::kConv2D) return 0;
  const Shape& weights = graph.tensor(op.inputs[1]).shape;
  return std::int64_t{graph.tensor(op.outputs[0]).shape[2]} * weights[1] * weights[2] * weights[3];
}

}  // namespace

std::vector<std::string> exceeded_limits(const Graph& graph) {
  std::int64_t all_products = 0, moved = 0;
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    if (columns(graph, op) > kMaxColumns) {
      return {"operator " + std::to_string(i) + " (" + to_text(op.type) + " " + op.name +
              "): has more than 2^26 elements under the windows of one row"};
    }
    for (int input : op.inputs) moved += graph.tensor(input).elements();
    moved += graph.tensor(op.outputs[0]).elements();
    all_products += products(graph, op);
    // Before the next sum could overflow.
    if (all_products > kMaxProducts) return {"model: needs more than 2^33 products"};
    if (moved > kMaxMoved) return {"model: its operators read and write more than 2^27 elements"};
  }
  return {};
}

}  // namespace thimble
