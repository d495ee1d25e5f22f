#include "graph/float_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr int kLanes = 8;     ///< output channels of a panel
constexpr int kTileRows = 4;  ///< rows that share one pass over a panel
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

/// kRows rows times one panel; each output is one running sum over k, so the result does not depend on the tiling.
template <int kRows>
void multiply_tile(const float* x, const float* panel, const float* bias, int depth, int outputs, FloatRange range,
                   float* y, int count) {
  Lanes sum[kRows];
  for (auto& row : sum) std::memcpy(&row, bias, sizeof(row));
  for (int k = 0; k < depth; ++k) {
    Lanes w;
    std::memcpy(&w, panel + static_cast<std::ptrdiff_t>(k) * kLanes, sizeof(w));
    for (int r = 0; r < kRows; ++r) sum[r] += w * x[static_cast<std::ptrdiff_t>(r) * depth + k];
  }
  for (int r = 0; r < kRows; ++r) {
    float* out = y + static_cast<std::ptrdiff_t>(r) * outputs;
    for (int i = 0; i < count; ++i) out[i] = std::clamp(sum[r][i], range.min, range.max);
  }
}

/// One output pixel of kLanes channels from `c` on.
void depthwise_lanes(const WindowGeometry& g, WindowSpan rows, WindowSpan cols, const float* weights, const float* bias,
                     FloatRange range, const float* input, int c, float* output) {
  Lanes sum;
  std::memcpy(&sum, bias + c, sizeof(sum));
  for (int ky = rows.begin; ky < rows.end; ++ky) {
    const float* in_row = input + static_cast<std::ptrdiff_t>(rows.first + ky) * g.in_w * g.in_c + c;
    const float* w_row = weights + static_cast<std::ptrdiff_t>(ky) * g.kernel_w * g.in_c + c;
    for (int kx = cols.begin; kx < cols.end; ++kx) {
      Lanes x, w;
      std::memcpy(&x, in_row + static_cast<std::ptrdiff_t>(cols.first + kx) * g.in_c, sizeof(x));
      std::memcpy(&w, w_row + static_cast<std::ptrdiff_t>(kx) * g.in_c, sizeof(w));
      sum += x * w;
    }
  }
  for (int i = 0; i < kLanes; ++i) output[c + i] = std::clamp(sum[i], range.min, range.max);
}

/// The channel that is left over where their number is no multiple of kLanes.
void depthwise_channel(const WindowGeometry& g, WindowSpan rows, WindowSpan cols, const float* weights,
                       const float* bias, FloatRange range, const float* input, int c, float* output) {
  float sum = bias[c];
  for (int ky = rows.begin; ky < rows.end; ++ky) {
    for (int kx = cols.begin; kx < cols.end; ++kx) {
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(rows.first + ky) * g.in_w + cols.first + kx;
      sum += input[pixel * g.in_c + c] * weights[(static_cast<std::ptrdiff_t>(ky) * g.kernel_w + kx) * g.in_c + c];
    }
  }
  output[c] = std::clamp(sum, range.min, range.max);
}

/// Calls reduce(window rows, window columns, output pixel) for every output pixel.
template <class Reduce>
void for_each_pixel(const WindowGeometry& g, float* output, Reduce reduce) {
  for (int y = 0; y < g.out_h; ++y) {
    const WindowSpan rows = window_span(y, g.stride_h, g.pad_top, g.kernel_h, g.in_h);
    for (int x = 0; x < g.out_w; ++x, output += g.out_c) {
      reduce(rows, window_span(x, g.stride_w, g.pad_left, g.kernel_w, g.in_w), output);
    }
  }
}

/// Calls visit(input pixel) for the pixels of a window that lie on the input.
template <class Visit>
void for_each_tap(const WindowGeometry& g, WindowSpan rows, WindowSpan cols, const float* input, Visit visit) {
  for (int ky = rows.begin; ky < rows.end; ++ky) {
    const float* row = input + static_cast<std::ptrdiff_t>(rows.first + ky) * g.in_w * g.in_c;
    for (int kx = cols.begin; kx < cols.end; ++kx) visit(row + static_cast<std::ptrdiff_t>(cols.first + kx) * g.in_c);
  }
}

}  // namespace

FloatRange float_range(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return {};
    case Activation::kRelu:
      return {.min = 0};
    case Activation::kRelu6:
      return {.min = 0, .max = 6};
  }
  THIMBLE_CHECK(false, "an Activation without a range");
}

PackedWeights pack_weights(std::span<const float> weights, std::span<const float> bias) {
  PackedWeights packed;
  packed.outputs = static_cast<int>(bias.size());
  packed.depth = static_cast<int>(weights.size() / bias.size());
  const int panels = (packed.outputs + kLanes - 1) / kLanes;
  packed.bias.assign(static_cast<std::size_t>(panels) * kLanes, 0);
  packed.panels.assign(packed.bias.size() * static_cast<std::size_t>(packed.depth), 0);
  std::copy(bias.begin(), bias.end(), packed.bias.begin());
  for (int o = 0; o < packed.outputs; ++o) {
    float* panel = packed.panels.data() + static_cast<std::ptrdiff_t>(o / kLanes) * packed.depth * kLanes + o % kLanes;
    const float* row = weights.data() + static_cast<std::ptrdiff_t>(o) * packed.depth;
    for (int k = 0; k < packed.depth; ++k) panel[static_cast<std::ptrdiff_t>(k) * kLanes] = row[k];
  }
  return packed;
}

void multiply_rows(const float* x, int rows, const PackedWeights& weights, FloatRange range, float* y) {
  constexpr int kChunk = 32;  // rows of x that stay in the first cache while all panels pass over them
  const int depth = weights.depth, outputs = weights.outputs;
  for (int chunk = 0; chunk < rows; chunk += kChunk) {
    const int end = std::min(rows, chunk + kChunk);
    for (int o = 0; o < outputs; o += kLanes) {
      const float* panel = weights.panels.data() + static_cast<std::ptrdiff_t>(o) * depth;
      const int count = std::min(kLanes, outputs - o);
      const auto tile = [&]<int kRows>(int row) {
        multiply_tile<kRows>(x + static_cast<std::ptrdiff_t>(row) * depth, panel, weights.bias.data() + o, depth,
                             outputs, range, y + static_cast<std::ptrdiff_t>(row) * outputs + o, count);
      };
      int row = chunk;
      for (; row + kTileRows <= end; row += kTileRows) tile.operator()<kTileRows>(row);
      for (; row < end; ++row) tile.operator()<1>(row);
    }
  }
}

void conv2d(const WindowGeometry& g, const PackedWeights& weights, FloatRange range, const float* input, float* columns,
            float* output) {
  if (g.is_pointwise() && g.pad_top == 0 && g.pad_left == 0 && g.out_h == g.in_h && g.out_w == g.in_w) {
    return multiply_rows(input, g.out_h * g.out_w, weights, range, output);
  }
  for (int y = 0; y < g.out_h; ++y) {
    gather_columns(
        g, input, y, 0.0f, static_cast<std::size_t>(g.column_size()), [](float x) { return x; }, columns);
    multiply_rows(columns, g.out_w, weights, range, output + static_cast<std::ptrdiff_t>(y) * g.out_w * g.out_c);
  }
}

void depthwise_conv2d(const WindowGeometry& g, std::span<const float> weights, std::span<const float> bias,
                      FloatRange range, const float* input, float* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, float* pixel) {
    int c = 0;
    for (; c + kLanes <= g.out_c; c += kLanes) {
      depthwise_lanes(g, rows, cols, weights.data(), bias.data(), range, input, c, pixel);
    }
    for (; c < g.out_c; ++c) depthwise_channel(g, rows, cols, weights.data(), bias.data(), range, input, c, pixel);
  });
}

void average_pool2d(const WindowGeometry& g, FloatRange range, const float* input, float* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, float* pixel) {
    std::fill_n(pixel, g.out_c, 0.0f);
    for_each_tap(g, rows, cols, input, [&](const float* tap) {
      for (int c = 0; c < g.out_c; ++c) pixel[c] += tap[c];
    });
    const auto count = static_cast<float>((rows.end - rows.begin) * (cols.end - cols.begin));
    for (int c = 0; c < g.out_c; ++c) pixel[c] = std::clamp(pixel[c] / count, range.min, range.max);
  });
}

void max_pool2d(const WindowGeometry& g, FloatRange range, const float* input, float* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, float* pixel) {
    std::fill_n(pixel, g.out_c, -std::numeric_limits<float>::infinity());
    for_each_tap(g, rows, cols, input, [&](const float* tap) {
      for (int c = 0; c < g.out_c; ++c) pixel[c] = std::max(pixel[c], tap[c]);
    });
    for (int c = 0; c < g.out_c; ++c) pixel[c] = std::clamp(pixel[c], range.min, range.max);
  });
}

void softmax_row(const float* input, int count, float* output) {
  const float largest = *std::max_element(input, input + count);
  float sum = 0;
  for (int i = 0; i < count; ++i) sum += output[i] = std::exp(input[i] - largest);
  for (int i = 0; i < count; ++i) output[i] /= sum;
}

}  // namespace thimble
