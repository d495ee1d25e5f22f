#pragma once
#include <cstdint>

namespace thimble {

struct ChannelMap;

/// Rows of which element (r, k) lies at data[r * row_stride + k / block * block_stride + k % block]: rows of
/// [rows, channels], planes, or the windows of a convolution.
struct BlockedRows {
  const float* data;
  std::int64_t row_stride, block_stride;
  int block;
};

/// A square plane with a border of zeros: `width` pixels from one row to the next, the first pixel at `data`.
struct BorderedPlane {
  float* data;
  int width;
};

/// Kernels over planes: `lanes` channels of one image, [pixels, lanes], so that a vector holds all channels there are.
/// Inside a bottleneck activations lie in planes, the last of them filled up with channels that stay zero. Weights of
/// products are packed: [vector][k][lanes]. All on the calling thread; each sum has one order.
struct PlaneKernels {
  int lanes;

  /// packed = b [k,n], columns filled up with zeros.
  void (*pack)(const float* b, std::int64_t k_stride, std::int64_t n_stride, int k, int n, float* packed);

  /// One plane of ReLU6(map(x * packed)). @param x  [size * size, k]
  void (*expand)(const float* x, int k, const float* packed, ChannelMap map, int size, BorderedPlane plane);
  /// c [rows,n] = a [rows,k] * packed, and adds the sums of c and of c^2 per column.
  void (*multiply_moments)(BlockedRows a, int k, const float* packed, int n, std::int64_t rows, float* c, double* sum,
                           double* squares);
  /// c [rows,n] = map(a * packed) + shortcut (may be null).
  void (*multiply_map)(BlockedRows a, int k, const float* packed, int n, std::int64_t rows, ChannelMap map,
                       const float* shortcut, float* c);
  /// c [rows,n] = a * packed, or += with `add`.
  void (*multiply_add)(BlockedRows a, int k, const float* packed, int n, std::int64_t rows, float* c, bool add);
  /// d, one plane, = a [rows,k] * packed where 0 < normalized < 6, else 0. Adds the sums of d and of d * raw.
  void (*multiply_gradient)(const float* a, int k, const float* packed, std::int64_t rows, const float* normalized,
                            const float* raw, float* d, double* sum_d, double* sum_dx);
  /// sums [k,lanes] += over rows of x[r,k] * d[r,lane]; k a multiple of 8.
  void (*outer)(const float* d, const float* x, std::int64_t x_stride, int k, std::int64_t rows, float* sums);
  /// sums [k,k] += x^T x over rows of x [rows,k], totals [k] += x.
  void (*gram)(const float* x, int k, std::int64_t rows, double* sums, double* totals);

  /// y [out_size^2, lanes] and the sums of y and of y^2; plane's first pixel is the first tap of the first output.
  void (*depthwise_moments)(BorderedPlane plane, const float* weights, int kernel, int stride, int out_size, float* y,
                            double* sum, double* squares);
  /// y = ReLU6(map(depthwise))
  void (*depthwise_map)(BorderedPlane plane, const float* weights, int kernel, int stride, int out_size, ChannelMap map,
                        float* y);
  /// dweights [K,K,lanes] +=; d as the outputs' gradient, its first pixel at d.data.
  void (*depthwise_weights)(BorderedPlane plane, BorderedPlane d, int kernel, int stride, int out_size,
                            float* dweights);
  /// dx [size^2, lanes], 0 where `normalized` (if there is one) is not inside (0, 6), and the sum of dx. d has a border
  /// of kernel / 2 and begins with it.
  void (*depthwise_input)(BorderedPlane d, const float* weights, int kernel, int stride, int size,
                          BorderedPlane normalized, float* dx, double* sum);
};

}  // namespace thimble
