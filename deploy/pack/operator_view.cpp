#include "deploy/pack/operator_view.hpp"

namespace thimble {

std::int32_t zero_point_of(const Tensor& tensor) {
  return tensor.quantization.empty() ? 0 : tensor.quantization.zero_points.at(0);
}

WindowGeometry geometry_of(const Graph& graph, const Operator& op) {
  if (op.type == OpType::kFullyConnected) {
    WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = static_cast<int>(input_of(graph, op).elements())};
    g.out_h = g.out_w = 1;
    g.out_c = output_of(graph, op).shape.back();
    return g;
  }
  if (op.type == OpType::kAdd) {
    const Shape& shape = output_of(graph, op).shape;
    WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = shape.back()};
    if (shape.size() == 4) g.in_h = shape[1], g.in_w = shape[2];
    if (shape.size() == 3) g.in_h = shape[0], g.in_w = shape[1];
    g.out_h = g.in_h, g.out_w = g.in_w, g.out_c = g.in_c;
    return g;
  }
  return window_geometry(graph, op);
}

bool is_pointwise(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  return g.is_pointwise() && g.in_h == g.out_h && g.in_w == g.out_w;
}

}  // namespace thimble
