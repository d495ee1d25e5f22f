#pragma once
#include <cstdint>
#include <vector>

#include "supernet/kernels/kernels.hpp"

namespace thimble {

/// Sizes of an inverted bottleneck over a batch: 1x1 expand, depthwise, 1x1 project, each with a batch norm; ReLU6
/// behind the first two.
struct BottleneckShape {
  int images = 0, in_size = 0, out_size = 0;
  int in_channels = 0, mid_channels = 0, out_channels = 0;
  int kernel = 3, stride = 1;
  bool expands = true;  ///< without: the depthwise convolution reads the block's input
  bool shortcut = false;

  DepthwiseShape depthwise() const { return {in_size, in_size, mid_channels, kernel, stride, out_size, out_size}; }
  std::int64_t in_pixels() const { return static_cast<std::int64_t>(in_size) * in_size; }
  std::int64_t out_pixels() const { return static_cast<std::int64_t>(out_size) * out_size; }
};

/// A shared matrix of which the first rows and columns are used.
struct SharedMatrix {
  const float* data = nullptr;
  std::int64_t stride = 0;
};

struct NormWeights {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

struct BottleneckWeights {
  SharedMatrix expand, project;      ///< [C_out,C_in]
  const float* depthwise = nullptr;  ///< packed [K,K,mid]
  NormWeights expand_norm, depthwise_norm, project_norm;
};

/// What the backward pass needs of the forward pass: the raw outputs of the convolutions, and of each norm [4,
/// channels] (mean, 1 / deviation, map scale, map shift). The caller owns the memory.
struct BottleneckState {
  float *expanded = nullptr, *filtered = nullptr, *projected = nullptr;
  float *expand_norm = nullptr, *depthwise_norm = nullptr, *project_norm = nullptr;
  double* gram = nullptr;  ///< sums over the rows of x: x^T x [in,in], then x [in]
};

/// Elements of `expanded`, `filtered` and `gram`. Blocks over large images keep no expanded activations and `filtered`
/// in planes (plane_bottleneck.hpp).
struct BottleneckStateSizes {
  std::int64_t expanded = 0, filtered = 0, gram = 0;
};
BottleneckStateSizes state_sizes(const BottleneckShape& shape);

struct NormGradients {
  float* scale = nullptr;
  float* shift = nullptr;
};

/// Gradients; those of the shared matrices have the strides of BottleneckWeights.
struct BottleneckGradients {
  float *x = nullptr, *expand = nullptr, *depthwise = nullptr, *project = nullptr;
  NormGradients expand_norm, depthwise_norm, project_norm;
};

/// Forward and backward of the whole block in passes over groups of images that stay in the cache: each pass ends where
/// a batch norm needs the statistics of all images. Normalised activations are not kept but computed again, which costs
/// less than their way through memory. The same for any number of threads.
void bottleneck_forward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                        const BottleneckState& state, float* y);
void bottleneck_backward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                         const BottleneckState& state, const float* dy, const BottleneckGradients& gradients);

}  // namespace thimble
