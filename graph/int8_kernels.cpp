#include "graph/int8_kernels.hpp"

#include <algorithm>

namespace thimble {
namespace {

constexpr int kRowMultiple = 16;
constexpr int kChannelTile = 4;

/// Dot products of one row with kChannelTile rows of weights; compilers make multiply-add pairs of it.
void dot_tile(const std::int16_t* x, const std::int16_t* weights, int row, std::int32_t* sums) {
  const std::int16_t *w0 = weights, *w1 = w0 + row, *w2 = w1 + row, *w3 = w2 + row;
  std::int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int k = 0; k < row; ++k) {
    s0 += x[k] * w0[k];
    s1 += x[k] * w1[k];
    s2 += x[k] * w2[k];
    s3 += x[k] * w3[k];
  }
  sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

/// sums[c] += (x[c] - zero_point) * w[c]
void accumulate(const std::int8_t* __restrict x, const std::int16_t* __restrict w, std::int16_t zero_point,
                int channels, std::int32_t* __restrict sums) {
  for (int c = 0; c < channels; ++c) {
    const auto centred = static_cast<std::int16_t>(x[c] - zero_point);
    sums[c] += centred * w[c];
  }
}

/// Calls reduce(window rows, window columns, output pixel) for every output pixel.
template <class Reduce>
void for_each_pixel(const WindowGeometry& g, std::int8_t* output, Reduce reduce) {
  for (int y = 0; y < g.out_h; ++y) {
    const WindowSpan rows = window_span(y, g.stride_h, g.pad_top, g.kernel_h, g.in_h);
    for (int x = 0; x < g.out_w; ++x, output += g.out_c) {
      reduce(rows, window_span(x, g.stride_w, g.pad_left, g.kernel_w, g.in_w), output);
    }
  }
}

/// Calls visit(input pixel, kernel position) for the taps of a window that lie on the input.
template <class Visit>
void for_each_tap(const WindowGeometry& g, WindowSpan rows, WindowSpan cols, const std::int8_t* input, Visit visit) {
  for (int ky = rows.begin; ky < rows.end; ++ky) {
    const std::int8_t* row = input + static_cast<std::ptrdiff_t>(rows.first + ky) * g.in_w * g.in_c;
    for (int kx = cols.begin; kx < cols.end; ++kx) {
      visit(row + static_cast<std::ptrdiff_t>(cols.first + kx) * g.in_c, ky * g.kernel_w + kx);
    }
  }
}

std::int32_t rounded_mean(std::int32_t sum, std::int32_t count) {
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

}  // namespace

std::int8_t Requantization::apply(std::int32_t sum, std::size_t channel) const {
  const std::int32_t scaled = multiply_by_quantized_multiplier(wrapping_add(sum, bias[channel]), multipliers[channel]);
  return static_cast<std::int8_t>(std::clamp(wrapping_add(scaled, output_zero_point), range.min, range.max));
}

Int8Weights widen_weights(std::span<const std::int8_t> weights, int outputs) {
  Int8Weights wide;
  wide.outputs = outputs;
  wide.depth = static_cast<int>(weights.size()) / outputs;
  wide.row = (wide.depth + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
  wide.values.assign(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(wide.row), 0);
  for (int o = 0; o < outputs; ++o) {
    const std::int8_t* from = weights.data() + static_cast<std::ptrdiff_t>(o) * wide.depth;
    std::copy(from, from + wide.depth, wide.values.begin() + static_cast<std::ptrdiff_t>(o) * wide.row);
  }
  return wide;
}

void multiply_rows(const std::int16_t* x, int rows, const Int8Weights& weights, const Requantization& requantization,
                   std::int8_t* y) {
  const auto row_of = [&](int o) { return weights.values.data() + static_cast<std::ptrdiff_t>(o) * weights.row; };
  for (int r = 0; r < rows; ++r, x += weights.row, y += weights.outputs) {
    int o = 0;
    for (; o + kChannelTile <= weights.outputs; o += kChannelTile) {
      std::int32_t sums[kChannelTile];
      dot_tile(x, row_of(o), weights.row, sums);
      const auto channel = static_cast<std::size_t>(o);
      for (std::size_t i = 0; i < kChannelTile; ++i) y[channel + i] = requantization.apply(sums[i], channel + i);
    }
    for (; o < weights.outputs; ++o) {
      std::int32_t sum = 0;
      const std::int16_t* w = row_of(o);
      for (int k = 0; k < weights.row; ++k) sum += x[k] * w[k];
      y[o] = requantization.apply(sum, static_cast<std::size_t>(o));
    }
  }
}

void widen_row(const std::int8_t* input, int count, std::int32_t zero_point, std::int16_t* row) {
  for (int i = 0; i < count; ++i) row[i] = static_cast<std::int16_t>(input[i] - zero_point);
}

void conv2d(const WindowGeometry& g, const Int8Weights& weights, std::int32_t input_zero_point,
            const Requantization& requantization, const std::int8_t* input, std::int16_t* columns,
            std::int8_t* output) {
  // The tail of each column meets zero weights, whatever an earlier layer left in it.
  const auto convert = [input_zero_point](std::int8_t x) { return static_cast<std::int16_t>(x - input_zero_point); };
  for (int y = 0; y < g.out_h; ++y) {
    gather_columns(g, input, y, std::int16_t{0}, static_cast<std::size_t>(weights.row), convert, columns);
    multiply_rows(columns, g.out_w, weights, requantization,
                  output + static_cast<std::ptrdiff_t>(y) * g.out_w * g.out_c);
  }
}

void depthwise_conv2d(const WindowGeometry& g, std::span<const std::int16_t> weights, std::int32_t input_zero_point,
                      const Requantization& requantization, const std::int8_t* input, std::int32_t* sums,
                      std::int8_t* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, std::int8_t* pixel) {
    std::fill_n(sums, g.out_c, 0);
    for_each_tap(g, rows, cols, input, [&](const std::int8_t* x, int tap) {
      accumulate(x, weights.data() + static_cast<std::ptrdiff_t>(tap) * g.out_c,
                 static_cast<std::int16_t>(input_zero_point), g.out_c, sums);
    });
    for (int c = 0; c < g.out_c; ++c) pixel[c] = requantization.apply(sums[c], static_cast<std::size_t>(c));
  });
}

void average_pool2d(const WindowGeometry& g, ActivationRange range, const std::int8_t* input, std::int32_t* sums,
                    std::int8_t* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, std::int8_t* pixel) {
    std::fill_n(sums, g.out_c, 0);
    for_each_tap(g, rows, cols, input, [&](const std::int8_t* x, int) {
      for (int c = 0; c < g.out_c; ++c) sums[c] += x[c];
    });
    const int count = (rows.end - rows.begin) * (cols.end - cols.begin);
    for (int c = 0; c < g.out_c; ++c) {
      pixel[c] = static_cast<std::int8_t>(std::clamp(rounded_mean(sums[c], count), range.min, range.max));
    }
  });
}

void max_pool2d(const WindowGeometry& g, ActivationRange range, const std::int8_t* input, std::int8_t* output) {
  for_each_pixel(g, output, [&](WindowSpan rows, WindowSpan cols, std::int8_t* pixel) {
    std::fill_n(pixel, g.out_c, static_cast<std::int8_t>(range.min));
    for_each_tap(g, rows, cols, input, [&](const std::int8_t* x, int) {
      for (int c = 0; c < g.out_c; ++c) pixel[c] = std::max(pixel[c], x[c]);
    });
    for (int c = 0; c < g.out_c; ++c) pixel[c] = static_cast<std::int8_t>(std::min<int>(pixel[c], range.max));
  });
}

}  // namespace thimble
