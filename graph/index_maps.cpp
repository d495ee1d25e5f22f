#include "graph/index_maps.hpp"

#include <algorithm>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

/// Row-major strides of a shape.
std::vector<int> strides_of(const Shape& shape) {
  std::vector<int> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// Walks `shape` in row-major order; element e of the result is the sum of index[i] * steps[i].
std::vector<int> strided_map(const Shape& shape, const std::vector<int>& steps) {
  std::vector<int> map(static_cast<std::size_t>(element_count(shape)));
  std::vector<int> index(shape.size(), 0);
  int position = 0;
  for (int& entry : map) {
    entry = position;
    for (std::size_t i = shape.size(); i-- > 0;) {
      position += steps[i];
      if (++index[i] < shape[i]) break;
      position -= index[i] * steps[i];
      index[i] = 0;
    }
  }
  return map;
}

}  // namespace

std::vector<int> broadcast_map(const Shape& in, const Shape& out) {
  const std::vector<int> in_strides = strides_of(in);
  std::vector<int> steps(out.size(), 0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] > 1) steps[i + out.size() - in.size()] = in_strides[i];
  }
  return strided_map(out, steps);
}

std::vector<int> pad_map(const Shape& in, const Padding& padding) {
  const int rows = in[1] + padding.top + padding.bottom, columns = in[2] + padding.left + padding.right;
  std::vector<int> map;
  map.reserve(static_cast<std::size_t>(in[0]) * rows * columns * in[3]);
  for (int n = 0; n < in[0]; ++n) {
    for (int y = -padding.top; y < in[1] + padding.bottom; ++y) {
      for (int x = -padding.left; x < in[2] + padding.right; ++x) {
        const bool inside = y >= 0 && y < in[1] && x >= 0 && x < in[2];
        const int pixel = ((n * in[1] + y) * in[2] + x) * in[3];
        for (int c = 0; c < in[3]; ++c) map.push_back(inside ? pixel + c : -1);
      }
    }
  }
  return map;
}

std::vector<int> transpose_map(const Shape& in, const std::vector<int>& axes) {
  THIMBLE_CHECK(axes.size() == in.size(), "transpose axes");
  const std::vector<int> in_strides = strides_of(in);
  Shape out;
  std::vector<int> steps;
  for (int axis : axes) {
    out.push_back(in.at(static_cast<std::size_t>(axis)));
    steps.push_back(in_strides.at(static_cast<std::size_t>(axis)));
  }
  return strided_map(out, steps);
}

std::vector<int> resize_nearest_map(const Shape& in, const Shape& out) {
  std::vector<int> map;
  map.reserve(static_cast<std::size_t>(element_count(out)));
  for (int n = 0; n < out[0]; ++n) {
    for (int y = 0; y < out[1]; ++y) {
      const auto source_y = static_cast<int>(static_cast<std::int64_t>(y) * in[1] / out[1]);
      for (int x = 0; x < out[2]; ++x) {
        const auto source_x = static_cast<int>(static_cast<std::int64_t>(x) * in[2] / out[2]);
        const int pixel = ((n * in[1] + source_y) * in[2] + source_x) * in[3];
        for (int c = 0; c < out[3]; ++c) map.push_back(pixel + c);
      }
    }
  }
  return map;
}

std::vector<std::pair<std::size_t, std::vector<int>>> concat_parts(const Graph& graph, const Operator& op) {
  const std::vector<int> out_strides = strides_of(graph.tensor(op.outputs[0]).shape);
  const auto axis = static_cast<std::size_t>(op.axes[0]);
  std::vector<std::pair<std::size_t, std::vector<int>>> parts;
  int offset = 0;
  for (int input : op.inputs) {
    const Shape& in = graph.tensor(input).shape;
    std::vector<int> map = strided_map(in, out_strides);
    for (int& entry : map) entry += offset * out_strides.at(axis);
    parts.emplace_back(static_cast<std::size_t>(input), std::move(map));
    offset += in[axis];
  }
  return parts;
}

std::vector<int> reduce_map(const Shape& in, const std::vector<int>& axes) {
  Shape kept = in;
  for (int axis : axes) kept.at(static_cast<std::size_t>(axis)) = 1;
  const std::vector<int> kept_strides = strides_of(kept);
  std::vector<int> steps(in.size(), 0);
  for (std::size_t i = 0; i < in.size(); ++i) steps[i] = kept[i] == 1 ? 0 : kept_strides[i];
  return strided_map(in, steps);
}

}  // namespace thimble
