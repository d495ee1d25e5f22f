#include "supernet/kernels/norm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

/// Adds up two sums per channel over all rows: work(chunk's first row, its rows, sums a, sums b).
template <class Work>
std::vector<double> pair_sums(std::int64_t rows, int channels, const Work& work) {
  const RowChunks chunks(rows);
  const auto width = static_cast<std::size_t>(2 * channels);
  std::vector<double> partial(static_cast<std::size_t>(chunks.count) * width, 0.0);
  for_chunks(chunks.count, [&](int i) {
    double* sums = &partial[static_cast<std::size_t>(i) * width];
    work(chunks.first(i), chunks.size(i), sums, sums + channels);
  });
  for (std::size_t i = width; i < partial.size(); ++i) partial[i % width] += partial[i];
  partial.resize(width);
  return partial;
}

std::vector<double> moment_sums(const float* x, std::int64_t rows, int channels) {
  return pair_sums(rows, channels, [&](std::int64_t first, std::int64_t count, double* a, double* b) {
    kernels().moments(x + first * channels, count, channels, a, b);
  });
}

void moments_of_sums(const double* sums, std::int64_t rows, int channels, float* mean, float* variance) {
  for (int c = 0; c < channels; ++c) {
    const double m = sums[c] / static_cast<double>(rows), square = sums[channels + c] / static_cast<double>(rows);
    mean[c] = static_cast<float>(m);
    variance[c] = static_cast<float>(std::max(0.0, square - m * m));
  }
}

}  // namespace

void stem_columns(const std::uint8_t* pixels, int height, int width, int channels, float* columns) {
  const int run = 3 * channels;  // the pixels of one kernel row lie side by side
  for (int oh = 0; oh < (height + 1) / 2; ++oh) {
    for (int ow = 0; ow < (width + 1) / 2; ++ow) {
      for (int y = 2 * oh - 1; y <= 2 * oh + 1; ++y, columns += run) {
        const int first = 2 * ow - 1, from = first < 0 ? channels : 0, to = first + 2 < width ? run : run - channels;
        if (y < 0 || y >= height || from > 0 || to < run) std::fill(columns, columns + run, 0.0f);
        if (y < 0 || y >= height) continue;
        const std::uint8_t* row = pixels + (static_cast<std::ptrdiff_t>(y) * width + first) * channels;
        for (int t = from; t < to; ++t) columns[t] = static_cast<float>(row[t] - 128) * (1.0f / 128);
      }
    }
  }
}

void bordered_picture(const std::uint8_t* pixels, int height, int width, int channels, float* picture) {
  const int row = width * channels;
  picture = std::fill_n(picture, row + 2 * channels, 0.0f);
  for (int y = 0; y < height; ++y, pixels += row) {
    picture = std::fill_n(picture, channels, 0.0f);
    for (int i = 0; i < row; ++i) picture[i] = static_cast<float>(pixels[i] - 128) * (1.0f / 128);
    picture = std::fill_n(picture + row, channels, 0.0f);
  }
  std::fill_n(picture, row + 2 * channels, 0.0f);
}

float inverse_deviation(float variance) { return 1.0f / std::sqrt(variance + kNormEpsilon); }

void batch_moments(const float* x, std::int64_t rows, int channels, float* mean, float* variance) {
  const std::vector<double> sums = moment_sums(x, rows, channels);
  moments_of_sums(sums.data(), rows, channels, mean, variance);
}

void batch_norm_statistics(const float* x, std::int64_t rows, int channels, const float* scale, const float* shift,
                           float* statistics) {
  batch_norm_map(moment_sums(x, rows, channels).data(), rows, channels, scale, shift, statistics);
}

void norm_map(ChannelMoments moments, const float* scale, const float* shift, int channels, float* map_scale,
              float* map_shift) {
  for (int c = 0; c < channels; ++c) {
    map_scale[c] = scale[c] * inverse_deviation(moments.variance[c]);
    map_shift[c] = shift[c] - moments.mean[c] * map_scale[c];
  }
}

void normalize_rows(const float* x, const float* shortcut, float* y, std::int64_t rows, int channels, ChannelMap map,
                    bool relu6) {
  const RowChunks chunks(rows);
  for_chunks(chunks.count, [&](int i) {
    const std::int64_t at = chunks.first(i) * channels;
    kernels().normalize(x + at, shortcut ? shortcut + at : nullptr, y + at, chunks.size(i), channels, map, relu6);
  });
}

void batch_norm_map(const double* sums, std::int64_t rows, int channels, const float* scale, const float* shift,
                    float* statistics) {
  float *mean = statistics, *variance = statistics + channels;
  moments_of_sums(sums, rows, channels, mean, variance);
  norm_map({mean, variance}, scale, shift, channels, statistics + 2 * channels, statistics + 3 * channels);
  for (int c = 0; c < channels; ++c) variance[c] = inverse_deviation(variance[c]);
}

// With d = dL/dy where ReLU6 is open, n rows, xhat = (x - mean) / deviation:
// dscale = sum(d xhat), dshift = sum(d), dx = map_scale * (d - dshift / n - xhat * dscale / n).
void norm_backward(const double* sums, std::int64_t rows, int channels, const float* statistics, float* dscale,
                   float* dshift, float* slope, float* offset) {
  const float *mean = statistics, *inverse = statistics + channels, *map_scale = statistics + 2 * channels;
  for (int c = 0; c < channels; ++c) {
    const double sum_d = sums[c], products = (sums[channels + c] - mean[c] * sum_d) * inverse[c];
    dscale[c] = static_cast<float>(products);
    dshift[c] = static_cast<float>(sum_d);
    const double per_x = map_scale[c] * inverse[c] * products / static_cast<double>(rows);
    slope[c] = static_cast<float>(per_x);
    offset[c] = static_cast<float>(map_scale[c] * sum_d / static_cast<double>(rows) - mean[c] * per_x);
  }
}

void batch_norm_gradient(const float* x, const float* dy, std::int64_t rows, int channels, const float* statistics,
                         bool relu6, float* dx, float* dscale, float* dshift) {
  const ChannelMap map{statistics + 2 * channels, statistics + 3 * channels};
  const std::vector<double> sums =
      pair_sums(rows, channels, [&](std::int64_t first, std::int64_t count, double* a, double* b) {
        kernels().norm_gradient_sums(x + first * channels, dy + first * channels, count, channels, map, relu6, a, b);
      });
  std::vector<float> slope(static_cast<std::size_t>(channels)), offset(slope.size());
  norm_backward(sums.data(), rows, channels, statistics, dscale, dshift, slope.data(), offset.data());
  const RowChunks chunks(rows);
  for_chunks(chunks.count, [&](int i) {
    const std::int64_t at = chunks.first(i) * channels;
    kernels().norm_gradient(x + at, dy + at, dx + at, chunks.size(i), channels, map, relu6, slope.data(),
                            offset.data());
  });
}

}  // namespace thimble
