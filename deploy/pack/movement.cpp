#include "deploy/pack/movement.hpp"

#include <algorithm>

namespace thimble {
namespace {

int product(const Shape& shape, std::size_t begin, std::size_t end) {
  return static_cast<int>(element_count(
      Shape(shape.begin() + static_cast<std::ptrdiff_t>(begin), shape.begin() + static_cast<std::ptrdiff_t>(end))));
}

/// A block of elements that a concatenation keeps together, as a width times channels that fit the layer's fields.
void set_block(const Shape& shape, std::size_t axis, int& width, int& channels) {
  channels = axis + 1 == shape.size() ? shape[axis] : product(shape, axis + 1, shape.size());
  width = axis + 1 == shape.size() ? 1 : shape[axis];
}

}  // namespace

Result<Transposition, std::string> transposition_of(const Graph& graph, const Operator& op) {
  const Shape& in = input_of(graph, op).shape;
  // Input dimensions in the output's order, without those of 1; neighbours that stay neighbours become one.
  std::vector<std::vector<int>> groups;
  for (int axis : op.axes) {
    if (in.at(static_cast<std::size_t>(axis)) == 1) continue;
    const auto follows = [&](int last) {
      return last < axis && std::all_of(in.begin() + last + 1, in.begin() + axis, [](int n) { return n == 1; });
    };
    if (!groups.empty() && follows(groups.back().back())) {
      groups.back().push_back(axis);
    } else {
      groups.push_back({axis});
    }
  }
  if (groups.size() > 3) return std::string("transposes more than three dimensions");
  std::vector<std::vector<int>> sorted = groups;
  std::sort(sorted.begin(), sorted.end());
  Transposition result;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (int axis : sorted[i]) result.in[i] *= in[static_cast<std::size_t>(axis)];
    const auto place = std::find(groups.begin(), groups.end(), sorted[i]) - groups.begin();
    result.axes[static_cast<std::size_t>(place)] = static_cast<int>(i);
  }
  return result;
}

WindowGeometry concat_geometry(const Graph& graph, const Operator& op, int part) {
  const Shape& in = graph.tensor(op.inputs.at(static_cast<std::size_t>(part))).shape;
  const Shape& out = output_of(graph, op).shape;
  const auto axis = static_cast<std::size_t>(op.axes.at(0));
  WindowGeometry g;
  g.in_h = g.out_h = product(in, 0, axis);
  set_block(in, axis, g.in_w, g.in_c);
  set_block(out, axis, g.out_w, g.out_c);
  return g;
}

std::int64_t concat_offset(const Graph& graph, const Operator& op, int part) {
  std::int64_t offset = 0;
  for (int i = 0; i < part; ++i) {
    const WindowGeometry g = concat_geometry(graph, op, i);
    offset += std::int64_t{g.in_w} * g.in_c;
  }
  return offset;
}

}  // namespace thimble
