#pragma once
#include <cstdint>

#include "supernet/kernels/kernels.hpp"

namespace thimble {

/// The neighbourhoods of a 3x3 convolution with stride 2 and padding 1: uint8 [H,W,C] -> float [OH*OW, 9*C], each value
/// (pixel - 128) / 128, padding 0.
void stem_columns(const std::uint8_t* pixels, int height, int width, int channels, float* columns);

/// The same pixels as floats with a border of one pixel of zeros: [H+2,W+2,C].
void bordered_picture(const std::uint8_t* pixels, int height, int width, int channels, float* picture);

constexpr float kNormEpsilon = 1e-3f;
float inverse_deviation(float variance);  ///< 1 / sqrt(variance + kNormEpsilon)

/// Mean and (biased) variance per channel.
struct ChannelMoments {
  const float* mean;
  const float* variance;
};

/// Moments of [rows, channels] over the rows, on the threads of WorkerPool::current(); the same for any number of them.
void batch_moments(const float* x, std::int64_t rows, int channels, float* mean, float* variance);

/// The map of a batch norm: map_scale = scale / deviation, map_shift = shift - mean * map_scale.
void norm_map(ChannelMoments moments, const float* scale, const float* shift, int channels, float* map_scale,
              float* map_shift);

/// Statistics [4, channels] of a norm from the sums of x and of x^2 over `rows` rows: mean, 1 / deviation, and the
/// scale and shift of its map.
void batch_norm_map(const double* sums, std::int64_t rows, int channels, const float* scale, const float* shift,
                    float* statistics);

/// The same from x [rows, channels] itself, on the threads of WorkerPool::current().
void batch_norm_statistics(const float* x, std::int64_t rows, int channels, const float* scale, const float* shift,
                           float* statistics);

/// Gradients of a norm's scale and shift, and the coefficients of Kernels::norm_gradient, from the sums of
/// Kernels::norm_gradient_sums over `rows` rows.
void norm_backward(const double* sums, std::int64_t rows, int channels, const float* statistics, float* dscale,
                   float* dshift, float* slope, float* offset);

/// Kernels::normalize on the threads of WorkerPool::current().
void normalize_rows(const float* x, const float* shortcut, float* y, std::int64_t rows, int channels, ChannelMap map,
                    bool relu6);

/// Backward of batch norm and ReLU6.
/// @param statistics  [4, channels]: mean, 1 / deviation, and the map's scale and shift
void batch_norm_gradient(const float* x, const float* dy, std::int64_t rows, int channels, const float* statistics,
                         bool relu6, float* dx, float* dscale, float* dshift);

}  // namespace thimble
