#pragma once
#include <limits>
#include <span>
#include <vector>

#include "graph/window.hpp"

namespace thimble {

/// Limits of a fused activation.
struct FloatRange {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};
FloatRange float_range(Activation activation);

/// Weights of a convolution or fully connected layer for `multiply_rows`: panels of 8 output channels, [panel][k][8],
/// the last panel filled up with zeros; the bias likewise.
struct PackedWeights {
  int outputs = 0, depth = 0;
  std::vector<float> panels, bias;
};
/// @param weights  [outputs][depth], the depth innermost (OHWI)
PackedWeights pack_weights(std::span<const float> weights, std::span<const float> bias);

/// y[row][o] = clamp(bias[o] + sum over k of x[row][k] * w[o][k]), summed in ascending k.
void multiply_rows(const float* x, int rows, const PackedWeights& weights, FloatRange range, float* y);

/// @param columns  scratch of out_w * column_size() floats; unused where the geometry is pointwise
void conv2d(const WindowGeometry& geometry, const PackedWeights& weights, FloatRange range, const float* input,
            float* columns, float* output);

/// @param weights  [K_h,K_w,C]
void depthwise_conv2d(const WindowGeometry& geometry, std::span<const float> weights, std::span<const float> bias,
                      FloatRange range, const float* input, float* output);

void average_pool2d(const WindowGeometry& geometry, FloatRange range, const float* input, float* output);
void max_pool2d(const WindowGeometry& geometry, FloatRange range, const float* input, float* output);

/// Softmax of one row.
void softmax_row(const float* input, int count, float* output);

}  // namespace thimble
