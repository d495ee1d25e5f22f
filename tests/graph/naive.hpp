#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "graph/graph.hpp"

namespace thimble::test {

/// Calls visit(input pixel, kernel position) for every tap of the window at output pixel (y, x) that lies on the input.
template <class Visit>
void naive_taps(const Operator& op, const Shape& in, int y, int x, Visit visit) {
  for (int ky = 0; ky < op.kernel_h; ++ky) {
    for (int kx = 0; kx < op.kernel_w; ++kx) {
      const int iy = y * op.stride_h + ky - op.padding.top, ix = x * op.stride_w + kx - op.padding.left;
      if (iy >= 0 && iy < in[1] && ix >= 0 && ix < in[2]) visit(iy * in[2] + ix, ky * op.kernel_w + kx);
    }
  }
}

/// Real values of a convolution in double, before the activation: the shortest loop that is right.
inline std::vector<double> naive_conv(const Operator& op, const Shape& in, const Shape& out,
                                      const std::vector<double>& x, const std::vector<double>& w,
                                      const std::vector<double>& bias) {
  std::vector<double> y;
  const int channels = in[3], taps = op.kernel_h * op.kernel_w;
  for (int oy = 0; oy < out[1]; ++oy) {
    for (int ox = 0; ox < out[2]; ++ox) {
      for (int o = 0; o < out[3]; ++o) {
        double sum = bias[static_cast<std::size_t>(o)];
        naive_taps(op, in, oy, ox, [&](int pixel, int tap) {
          if (op.type == OpType::kDepthwiseConv2D) {
            sum += x[static_cast<std::size_t>(pixel * channels + o)] * w[static_cast<std::size_t>(tap * channels + o)];
            return;
          }
          for (int c = 0; c < channels; ++c) {
            sum += x[static_cast<std::size_t>(pixel * channels + c)] *
                   w[static_cast<std::size_t>((o * taps + tap) * channels + c)];
          }
        });
        y.push_back(sum);
      }
    }
  }
  return y;
}

/// Mean (kAveragePool2D) or largest (kMaxPool2D) of each window.
inline std::vector<double> naive_pool(const Operator& op, const Shape& in, const Shape& out,
                                      const std::vector<double>& x) {
  std::vector<double> y;
  for (int oy = 0; oy < out[1]; ++oy) {
    for (int ox = 0; ox < out[2]; ++ox) {
      for (int c = 0; c < out[3]; ++c) {
        std::vector<double> window;
        naive_taps(op, in, oy, ox,
                   [&](int pixel, int) { window.push_back(x[static_cast<std::size_t>(pixel * in[3] + c)]); });
        double sum = 0;
        for (double value : window) sum += value;
        y.push_back(op.type == OpType::kMaxPool2D ? *std::max_element(window.begin(), window.end())
                                                  : sum / static_cast<double>(window.size()));
      }
    }
  }
  return y;
}

inline double naive_activation(Activation activation, double x) {
  if (activation == Activation::kNone) return x;
  return std::clamp(x, 0.0, activation == Activation::kRelu6 ? 6.0 : INFINITY);
}

}  // namespace thimble::test
