#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "deploy/quantize.hpp"
#include "graph/base/rng.hpp"
#include "tests/graph/graph_builder.hpp"

namespace thimble::test {

/// Appends random blocks: every operator that the simplifier looks through, in the combinations that models have.
class RandomBlocks {
 public:
  explicit RandomBlocks(std::uint64_t seed)
      : rng_({seed, 5}), b_({1, rng_.between(6, 11), rng_.between(6, 11), rng_.between(1, 4)}, seed) {}

  Graph network() {
    for (int i = 3 + below(6); i > 0; --i) block();
    tail();
    return b_.graph;
  }

 private:
  int below(int limit) { return rng_.between(0, limit - 1); }
  int channels() const { return b_.shape()[3]; }
  bool is_wide() const { return std::min(b_.shape()[1], b_.shape()[2]) >= 4; }
  Activation activation() { return static_cast<Activation>(below(3)); }
  Padding padding(int limit) { return {below(limit), below(limit), below(limit), below(limit)}; }
  Shape padded(const Padding& p) const {
    return {1, b_.shape()[1] + p.top + p.bottom, b_.shape()[2] + p.left + p.right, channels()};
  }
  void pad() {
    const Padding p = padding(3);
    b_.append({.type = OpType::kPad, .inputs = {b_.last()}, .padding = p}, padded(p));
  }

  void block() {
    switch (below(11)) {
      case 0:
        b_.conv(2 + below(9), 1, 1, 1, {}, activation());
        return pad();
      case 1:
        if (is_wide()) b_.conv(2 + below(9), 3, 3, 1 + below(2), padding(3), activation());
        return;
      case 2:
        if (is_wide()) b_.depthwise(3, 3, 1 + below(2), padding(3), activation());
        return;
      case 3:
        return residual();
      case 4:
        if (is_wide()) b_.pool(OpType::kMaxPool2D, 2, 3, 1 + below(2), padding(2));
        return;
      case 5:
        if (is_wide()) b_.pool(OpType::kAveragePool2D, 3, 2, 2, padding(2));
        return;
      case 6:
        return pad();
      case 7:
        if (b_.shape()[1] < 12)
          b_.append({.type = OpType::kResizeNearest, .inputs = {b_.last()}},
                    {1, b_.shape()[1] * 2, b_.shape()[2] + 1, channels()});
        return;
      case 8:
        return squeeze_and_excite();
      case 9:
        return join();
      default:
        b_.append({.type = below(2) ? OpType::kAdd : OpType::kMul,
                   .inputs = {b_.last(), b_.constant({below(2) ? channels() : 1})},
                   .activation = activation()},
                  b_.shape());
    }
  }

  /// Expansion, depthwise convolution, projection, and the sum with what came before.
  void residual() {
    const int before = b_.last(), width = channels();
    b_.conv(width + below(6), 1, 1, 1, {}, activation());
    b_.depthwise(3, 3, 1, {1, 1, 1, 1}, activation());
    b_.conv(width, 1, 1, 1).add_to(before, activation());
  }

  void squeeze_and_excite() {
    const int before = b_.last(), width = channels();
    const Shape full = b_.shape();
    b_.append({.type = OpType::kMean, .inputs = {before}, .axes = {1, 2}}, {1, 1, 1, width});
    b_.conv(2, 1, 1, 1, {}, Activation::kRelu).conv(width, 1, 1, 1);
    b_.append({.type = OpType::kMul, .inputs = {before, b_.last()}}, full);
  }

  /// Two tensors of one scale, joined along any dimension.
  void join() {
    const int before = b_.last(), axis = 1 + below(3);
    Shape joined = b_.shape();
    joined[static_cast<std::size_t>(axis)] *= 2;
    if (joined[3] > 16 || joined[1] > 16 || joined[2] > 16) return;
    b_.append({.type = OpType::kMaxPool2D, .inputs = {before}}, b_.shape());
    b_.append({.type = OpType::kConcat, .inputs = {b_.last(), before}, .axes = {axis}}, joined);
  }

  void tail() {
    const int h = b_.shape()[1], w = b_.shape()[2], c = channels();
    switch (below(4)) {
      case 0:
        b_.reshape({1, h * w * c});
        break;
      case 1:
        b_.pool(OpType::kAveragePool2D, h, w, 1).reshape({1, c});
        break;
      case 2:
        b_.append({.type = OpType::kMean, .inputs = {b_.last()}, .axes = {1, 2}}, {1, c});
        break;
      default:
        b_.append({.type = OpType::kTranspose, .inputs = {b_.last()}, .axes = {0, 3, 1, 2}}, {1, c, h, w});
        b_.append({.type = OpType::kMean, .inputs = {b_.last()}, .axes = {3}}, {1, c, h});
        b_.append({.type = OpType::kMean, .inputs = {b_.last()}, .axes = {2}}, {1, c});
    }
    b_.fully_connected(6, activation()).fully_connected(3);
    if (below(2)) b_.softmax();
  }

  Rng rng_;
  GraphBuilder b_;
};

/// Kills filters and inputs of filters of an int8 graph: weights become zero, biases anything.
inline void kill_channels(Graph& graph, std::uint64_t seed) {
  Rng rng({seed, 6});
  const auto below = [&](int limit) { return rng.between(0, limit - 1); };
  for (const Operator& op : graph.operators) {
    const bool mixes = op.type == OpType::kConv2D || op.type == OpType::kFullyConnected;
    if (!mixes && op.type != OpType::kDepthwiseConv2D) continue;
    auto& weights = std::get<std::vector<std::int8_t>>(graph.tensor(op.inputs[1]).data);
    auto& bias = std::get<std::vector<std::int32_t>>(graph.tensor(op.inputs[2]).data);
    const bool depthwise = op.type == OpType::kDepthwiseConv2D;
    const auto inputs = static_cast<std::size_t>(graph.tensor(op.inputs[0]).shape.back());
    const std::size_t outputs = bias.size(), depth = weights.size() / outputs;
    std::vector<bool> dead_output(outputs), dead_input(inputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      dead_output[o] = below(4) == 0;
      if (dead_output[o] && below(2)) bias[o] = below(40000) - 20000;
      if (below(12) == 0) bias[o] = below(2) ? -2000000 : 2000000;  // clamped whatever the input
      if (below(40) == 0) bias[o] = INT32_MAX - below(300);         // no room for another product
    }
    for (std::size_t i = 0; i < inputs; ++i) dead_input[i] = !depthwise && below(8) == 0;
    for (std::size_t k = 0; k < weights.size(); ++k)
      if (dead_output[depthwise ? k % outputs : k / depth] || dead_input[k % inputs]) weights[k] = 0;
  }
}

inline Graph random_int8_network(std::uint64_t seed) {
  const Graph real = RandomBlocks(seed).network();
  std::vector<std::vector<float>> inputs;
  for (std::uint64_t i = 0; i < 3; ++i)
    inputs.push_back(random_values(real.tensor(real.inputs[0]).elements(), seed * 7 + i));
  Graph graph = quantize(real, inputs, {.input_scale = 3.0f / 128, .input_zero_point = static_cast<int>(seed % 5) - 2});
  kill_channels(graph, seed);
  return graph;
}

}  // namespace thimble::test
