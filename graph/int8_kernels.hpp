#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "graph/quantized_math.hpp"
#include "graph/window.hpp"

namespace thimble {

/// From int32 sums to int8 outputs.
struct Requantization {
  std::vector<QuantizedMultiplier> multipliers;  ///< per output channel
  std::vector<std::int32_t> bias;
  std::int32_t output_zero_point = 0;
  ActivationRange range;

  std::int8_t apply(std::int32_t sum, std::size_t channel) const;
};

/// Weights widened to int16, each output channel's row filled up with zeros to a multiple of 16: [outputs][row].
struct Int8Weights {
  int outputs = 0, depth = 0, row = 0;
  std::vector<std::int16_t> values;
};
/// @param weights  [outputs][depth]
Int8Weights widen_weights(std::span<const std::int8_t> weights, int outputs);

/// y[r][o] from int16 rows x (input minus its zero point, filled up like the weights' rows).
void multiply_rows(const std::int16_t* x, int rows, const Int8Weights& weights, const Requantization& requantization,
                   std::int8_t* y);

/// Input minus its zero point as one row per fully connected layer.
void widen_row(const std::int8_t* input, int count, std::int32_t zero_point, std::int16_t* row);

/// @param columns  scratch of out_w * weights.row values, zero beyond each column
void conv2d(const WindowGeometry& geometry, const Int8Weights& weights, std::int32_t input_zero_point,
            const Requantization& requantization, const std::int8_t* input, std::int16_t* columns, std::int8_t* output);

/// @param weights  int16 [K_h,K_w,C]
/// @param sums     scratch of C values
void depthwise_conv2d(const WindowGeometry& geometry, std::span<const std::int16_t> weights,
                      std::int32_t input_zero_point, const Requantization& requantization, const std::int8_t* input,
                      std::int32_t* sums, std::int8_t* output);

/// The mean of each window, rounded half away from zero. @param sums  scratch of C values
void average_pool2d(const WindowGeometry& geometry, ActivationRange range, const std::int8_t* input, std::int32_t* sums,
                    std::int8_t* output);
void max_pool2d(const WindowGeometry& geometry, ActivationRange range, const std::int8_t* input, std::int8_t* output);

}  // namespace thimble
