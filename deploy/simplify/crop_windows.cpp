#include "deploy/simplify/crop_windows.hpp"

#include <algorithm>

namespace thimble {
namespace {

constexpr int kLeastDepthwiseWindow = 3;

/// One axis of a window's walk over a picture.
struct Walk {
  int window = 0, stride = 1, before = 0, size = 0, outputs = 0;
};

struct Ends {
  int first = 0, last = 0;
};

bool meets_a_pixel(const Walk& walk, int tap) {
  for (int i = 0; i < walk.outputs; ++i) {
    const int at = i * walk.stride - walk.before + tap;
    if (at >= 0 && at < walk.size) return true;
  }
  return false;
}

/// Taps of each end that meet no pixel; nothing where no tap does.
Ends dead_taps(const Walk& walk) {
  Ends ends;
  while (ends.first < walk.window && !meets_a_pixel(walk, ends.first)) ++ends.first;
  if (ends.first == walk.window) return {};
  while (!meets_a_pixel(walk, walk.window - 1 - ends.last)) ++ends.last;
  return ends;
}

/// The padding behind the picture that the smaller windows read.
int padding_after(const Walk& walk, Ends ends) {
  const int last_window = (walk.outputs - 1) * walk.stride - walk.before + ends.first;
  return std::max(last_window + walk.window - ends.first - ends.last - walk.size, 0);
}

template <class T>
std::vector<T> cropped(const std::vector<T>& values, const Shape& shape, Ends rows, Ends columns) {
  std::vector<T> kept;
  const int depth = shape[3];
  for (int o = 0; o < shape[0]; ++o)
    for (int y = rows.first; y < shape[1] - rows.last; ++y) {
      const auto row = values.begin() + (static_cast<std::ptrdiff_t>(o) * shape[1] + y) * shape[2] * depth;
      kept.insert(kept.end(), row + columns.first * depth, row + (shape[2] - columns.last) * depth);
    }
  return kept;
}

Tensor cropped(const Tensor& weights, Ends rows, Ends columns) {
  Tensor result = weights;
  result.shape[1] -= rows.first + rows.last;
  result.shape[2] -= columns.first + columns.last;
  if (const auto* values = std::get_if<std::vector<std::int8_t>>(&weights.data))
    result.data = cropped(*values, weights.shape, rows, columns);
  if (const auto* values = std::get_if<std::vector<float>>(&weights.data))
    result.data = cropped(*values, weights.shape, rows, columns);
  return result;
}

void keep_square(Ends& rows, Ends& columns, int window) {
  const int most = std::max(window - kLeastDepthwiseWindow, 0) / 2;
  const int each = std::min({rows.first, rows.last, columns.first, columns.last, most});
  rows = columns = {each, each};
}

bool crop(Graph& graph, Operator& op) {
  const Shape& in = graph.tensor(op.inputs[0]).shape;
  const Shape& out = graph.tensor(op.outputs[0]).shape;
  const Walk down = {op.kernel_h, op.stride_h, op.padding.top, in[1], out[1]};
  const Walk along = {op.kernel_w, op.stride_w, op.padding.left, in[2], out[2]};
  Ends rows = dead_taps(down), columns = dead_taps(along);
  if (op.type == OpType::kDepthwiseConv2D && op.kernel_h == op.kernel_w) keep_square(rows, columns, op.kernel_h);
  if (rows.first + rows.last + columns.first + columns.last == 0) return false;
  op.inputs[1] = graph.add(cropped(graph.tensor(op.inputs[1]), rows, columns));
  op.kernel_h -= rows.first + rows.last;
  op.kernel_w -= columns.first + columns.last;
  op.padding.top -= rows.first, op.padding.left -= columns.first;
  op.padding.bottom = padding_after(down, rows), op.padding.right = padding_after(along, columns);
  return true;
}

}  // namespace

int crop_windows(Graph& graph) {
  int count = 0;
  for (Operator& op : graph.operators)
    if (op.type == OpType::kConv2D || op.type == OpType::kDepthwiseConv2D) count += crop(graph, op) ? 1 : 0;
  return count;
}

Graph with_cropped_windows(Graph graph) {
  crop_windows(graph);
  return graph;
}

}  // namespace thimble
