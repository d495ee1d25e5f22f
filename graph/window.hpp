#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Sizes of an operator that moves a window over rows and columns: convolutions and pools, batch 1.
struct WindowGeometry {
  int in_h = 0, in_w = 0, in_c = 0;
  int out_h = 0, out_w = 0, out_c = 0;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0;

  /// Elements under the window: the length of an im2col column.
  int column_size() const { return kernel_h * kernel_w * in_c; }
  bool is_pointwise() const { return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1; }
};

/// The geometry of a validated operator.
WindowGeometry window_geometry(const Graph& graph, const Operator& op);

/// The part of a window that lies on the input along one dimension: kernel indices [begin, end) from input index
/// `first + begin` on.
struct WindowSpan {
  int first = 0, begin = 0, end = 0;
};
inline WindowSpan window_span(int out_index, int stride, int pad, int kernel, int in_size) {
  const int first = out_index * stride - pad;
  const int begin = first < 0 ? -first : 0;
  const int end = first + kernel > in_size ? in_size - first : kernel;
  return {first, begin, end};
}

/// Copies the pixels under the windows of output row `row` into columns [out_w][column_size], padding as `zero`.
/// `convert` maps an input element to a column element.
template <class In, class Out, class Convert>
void gather_columns(const WindowGeometry& g, const In* input, int row, Out zero, std::size_t column_stride,
                    Convert convert, Out* columns) {
  const WindowSpan rows = window_span(row, g.stride_h, g.pad_top, g.kernel_h, g.in_h);
  for (int x = 0; x < g.out_w; ++x) {
    const WindowSpan cols = window_span(x, g.stride_w, g.pad_left, g.kernel_w, g.in_w);
    Out* column = columns + static_cast<std::size_t>(x) * column_stride;
    for (int ky = 0; ky < g.kernel_h; ++ky) {
      Out* line = column + static_cast<std::size_t>(ky) * g.kernel_w * g.in_c;
      const int length = g.kernel_w * g.in_c;
      if (ky < rows.begin || ky >= rows.end) {
        for (int i = 0; i < length; ++i) line[i] = zero;
        continue;
      }
      const std::ptrdiff_t start = (static_cast<std::ptrdiff_t>(rows.first + ky) * g.in_w + cols.first) * g.in_c;
      for (int i = 0; i < cols.begin * g.in_c; ++i) line[i] = zero;
      for (int i = cols.begin * g.in_c; i < cols.end * g.in_c; ++i) line[i] = convert(input[start + i]);
      for (int i = cols.end * g.in_c; i < length; ++i) line[i] = zero;
    }
  }
}

}  // namespace thimble
