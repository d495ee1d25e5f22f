#pragma once
#include <cstdint>

#include "supernet/kernels/planes.hpp"

namespace thimble {

/// Sizes of a depthwise convolution over one image: input [height,width,channels], weights [K,K,channels], output
/// [out_height,out_width,channels], padding (K-1)/2. K is 3, 5 or 7; stride 1 or 2; channels a multiple of 8.
struct DepthwiseShape {
  int height = 0, width = 0, channels = 0, kernel = 3, stride = 1, out_height = 0, out_width = 0;
};

/// Affine map per channel that a batch norm comes down to: y = x * scale + shift.
struct ChannelMap {
  const float* scale;
  const float* shift;
};

/// The float kernels of training and evaluation, once per instruction set. Activations are [rows, channels] (NHWC),
/// channels a multiple of 8. They work on one thread and on the rows or the image that they are given, so that callers
/// choose a partition which does not depend on the number of threads.
struct Kernels {
  const char* name;

  void (*depthwise)(const DepthwiseShape&, const float* x, const float* weights, float* y);
  /// dx of one image.
  void (*depthwise_input_gradient)(const DepthwiseShape&, const float* dy, const float* weights, float* dx);
  /// Adds to dweights [K,K,channels].
  void (*depthwise_weight_gradient)(const DepthwiseShape&, const float* x, const float* dy, float* dweights);

  /// Adds the sums of x and of x^2 to double [channels] each.
  void (*moments)(const float* x, std::int64_t rows, int channels, double* sum, double* sum_squares);
  /// y = x * scale + shift, then ReLU6 or + shortcut. `shortcut` may be null; x and y may be the same.
  void (*normalize)(const float* x, const float* shortcut, float* y, std::int64_t rows, int channels, ChannelMap map,
                    bool relu6);
  /// With d = dy where ReLU6 was open (everywhere without it): adds the sums of d and of d * x.
  void (*norm_gradient_sums)(const float* x, const float* dy, std::int64_t rows, int channels, ChannelMap map,
                             bool relu6, double* sum_d, double* sum_dx);
  /// dx = scale * d - x * slope - offset.
  void (*norm_gradient)(const float* x, const float* dy, float* dx, std::int64_t rows, int channels, ChannelMap map,
                        bool relu6, const float* slope, const float* offset);

  PlaneKernels planes;
};

/// The fastest set that this processor runs.
const Kernels& kernels();
/// A set by name ("baseline", "avx2", "avx512"); null where this processor or build does not have it. For tests.
const Kernels* kernels(const char* name);

}  // namespace thimble
