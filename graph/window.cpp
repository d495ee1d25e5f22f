#include "graph/window.hpp"

namespace thimble {

WindowGeometry window_geometry(const Graph& graph, const Operator& op) {
  const Shape& in = graph.tensor(op.inputs.at(0)).shape;
  const Shape& out = graph.tensor(op.outputs.at(0)).shape;
  WindowGeometry g;
  g.in_h = in.at(1), g.in_w = in.at(2), g.in_c = in.at(3);
  g.out_h = out.at(1), g.out_w = out.at(2), g.out_c = out.at(3);
  g.kernel_h = op.kernel_h, g.kernel_w = op.kernel_w;
  g.stride_h = op.stride_h, g.stride_w = op.stride_w;
  g.pad_top = op.padding.top, g.pad_left = op.padding.left;
  return g;
}

}  // namespace thimble
