#pragma once
#include <algorithm>
#include <vector>

#include "graph/quantized_math.hpp"
#include "graph/window.hpp"

namespace thimble::test {

using Bytes = std::vector<std::int8_t>;

/// A layer in its plainest form: loops over the definition, nothing shared with the kernels but TFLite's two roundings.
struct PlainLayer {
  WindowGeometry g;
  Bytes weights;  ///< OHWI; depthwise HWC
  std::vector<std::int32_t> bias;
  std::vector<QuantizedMultiplier> factors;
  int input_zero = 0, output_zero = 0;
  ActivationRange range;
};

inline std::int8_t clamped(int value, const ActivationRange& range) {
  return static_cast<std::int8_t>(std::clamp(value, range.min, range.max));
}

/// Calls f(ky, kx, index of the pixel in the input) for the taps of one window that lie on the input.
template <class F>
void for_taps(const WindowGeometry& g, int y, int x, F f) {
  for (int ky = 0; ky < g.kernel_h; ++ky) {
    for (int kx = 0; kx < g.kernel_w; ++kx) {
      const int row = y * g.stride_h - g.pad_top + ky, column = x * g.stride_w - g.pad_left + kx;
      if (row >= 0 && row < g.in_h && column >= 0 && column < g.in_w) f(ky, kx, row * g.in_w + column);
    }
  }
}

/// Calls f(y, x, c) for every output element in order and collects the results.
template <class F>
Bytes for_outputs(const WindowGeometry& g, F f) {
  Bytes output;
  for (int y = 0; y < g.out_h; ++y) {
    for (int x = 0; x < g.out_w; ++x) {
      for (int c = 0; c < g.out_c; ++c) output.push_back(f(y, x, c));
    }
  }
  return output;
}

inline std::int8_t requantised(const PlainLayer& layer, std::int32_t sum, int c) {
  return clamped(multiply_by_quantized_multiplier(sum, layer.factors[c]) + layer.output_zero, layer.range);
}

inline Bytes plain_convolution(const PlainLayer& layer, const Bytes& input) {
  const WindowGeometry& g = layer.g;
  return for_outputs(g, [&](int y, int x, int o) {
    std::int32_t sum = layer.bias[o];
    for_taps(g, y, x, [&](int ky, int kx, int pixel) {
      const int tap = ((o * g.kernel_h + ky) * g.kernel_w + kx) * g.in_c;
      for (int c = 0; c < g.in_c; ++c) sum += (input[pixel * g.in_c + c] - layer.input_zero) * layer.weights[tap + c];
    });
    return requantised(layer, sum, o);
  });
}

inline Bytes plain_depthwise(const PlainLayer& layer, const Bytes& input) {
  const WindowGeometry& g = layer.g;
  return for_outputs(g, [&](int y, int x, int c) {
    std::int32_t sum = layer.bias[c];
    for_taps(g, y, x, [&](int ky, int kx, int pixel) {
      sum += (input[pixel * g.in_c + c] - layer.input_zero) * layer.weights[(ky * g.kernel_w + kx) * g.in_c + c];
    });
    return requantised(layer, sum, c);
  });
}

/// Half away from zero, as TFLite's integer average pool.
inline Bytes plain_average_pool(const WindowGeometry& g, const ActivationRange& range, const Bytes& input) {
  return for_outputs(g, [&](int y, int x, int c) {
    int sum = 0, count = 0;
    for_taps(g, y, x, [&](int, int, int pixel) { sum += input[pixel * g.in_c + c], ++count; });
    return clamped((sum > 0 ? sum + count / 2 : sum - count / 2) / count, range);
  });
}

inline Bytes plain_max_pool(const WindowGeometry& g, const ActivationRange& range, const Bytes& input) {
  return for_outputs(g, [&](int y, int x, int c) {
    int most = -128;
    for_taps(g, y, x, [&](int, int, int pixel) { most = std::max<int>(most, input[pixel * g.in_c + c]); });
    return clamped(most, range);
  });
}

}  // namespace thimble::test
