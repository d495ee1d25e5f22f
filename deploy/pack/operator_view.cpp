#include "deploy/pack/operator_view.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "deploy/pack/mean.hpp"
#include "deploy/pack/movement.hpp"

namespace thimble {

std::int32_t zero_point_of(const Tensor& tensor) {
  return tensor.quantization.empty() ? 0 : tensor.quantization.zero_points.at(0);
}

namespace {

/// Elementwise: rows of pixels with the last dimension's channels.
WindowGeometry pixels(const Shape& shape) {
  WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = shape.empty() ? 1 : shape.back()};
  if (shape.size() >= 3) g.in_h = shape[shape.size() - 3];
  g.in_w = static_cast<int>(element_count(shape) / std::max(1, g.in_h) / std::max(1, g.in_c));
  g.out_h = g.in_h, g.out_w = g.in_w, g.out_c = g.in_c;
  return g;
}

std::array<int, 3> image(const Shape& shape) { return {shape.at(1), shape.at(2), shape.at(3)}; }

WindowGeometry without_window(const std::array<int, 3>& in, const std::array<int, 3>& out, const Operator& op) {
  WindowGeometry g{.in_h = in[0], .in_w = in[1], .in_c = in[2], .out_h = out[0], .out_w = out[1], .out_c = out[2]};
  g.kernel_h = g.kernel_w = g.stride_h = g.stride_w = 0;
  if (op.type == OpType::kPad) g.pad_top = op.padding.top, g.pad_left = op.padding.left;
  return g;
}

/// A column of pixels lies in memory as a row does; kernels compute several outputs of a row at a time.
WindowGeometry along_a_row(WindowGeometry g) {
  if (g.in_w != 1 || g.out_w != 1 || g.kernel_w != 1 || g.pad_left != 0) return g;
  std::swap(g.in_h, g.in_w);
  std::swap(g.out_h, g.out_w);
  std::swap(g.kernel_h, g.kernel_w);
  std::swap(g.stride_h, g.stride_w);
  std::swap(g.pad_top, g.pad_left);
  return g;
}

}  // namespace

WindowGeometry geometry_of(const Graph& graph, const Operator& op, int part) {
  if (op.type == OpType::kFullyConnected) {
    WindowGeometry g{.in_h = 1, .in_w = 1, .in_c = static_cast<int>(input_of(graph, op).elements())};
    g.out_h = g.out_w = 1;
    g.out_c = output_of(graph, op).shape.back();
    return g;
  }
  switch (op.type) {
    case OpType::kAdd:
    case OpType::kMul:
    case OpType::kQuantize:
    case OpType::kSoftmax:
      return pixels(output_of(graph, op).shape);
    case OpType::kMean: {
      const auto g = mean_geometry(graph, op);
      THIMBLE_CHECK(g.has_value(), op.name + ": mean");
      return *g;
    }
    case OpType::kPad:
    case OpType::kResizeNearest:
      return without_window(image(input_of(graph, op).shape), image(output_of(graph, op).shape), op);
    case OpType::kTranspose: {
      const auto t = transposition_of(graph, op);
      THIMBLE_CHECK(t.has_value(), op.name + ": transposition");
      const std::array<int, 3> out{t->in[t->axes[0]], t->in[t->axes[1]], t->in[t->axes[2]]};
      return without_window(t->in, out, op);
    }
    case OpType::kConcat: {
      WindowGeometry g = concat_geometry(graph, op, part);
      g.kernel_h = g.kernel_w = g.stride_h = g.stride_w = 0;
      return g;
    }
    case OpType::kDepthwiseConv2D:
      return along_a_row(window_geometry(graph, op));
    default:
      return window_geometry(graph, op);
  }
}

bool is_pointwise(const Graph& graph, const Operator& op) {
  const WindowGeometry g = geometry_of(graph, op);
  return g.is_pointwise() && g.in_h == g.out_h && g.in_w == g.out_w;
}

}  // namespace thimble
