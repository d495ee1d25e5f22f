#pragma once
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/rng.hpp"
#include "graph/graph.hpp"

namespace thimble::test {

/// Builds small float graphs for tests: every call appends one operator to the last tensor, weights are random.
class GraphBuilder {
 public:
  GraphBuilder(Shape input, std::uint64_t seed) : rng_({seed, 17}) {
    last_ = graph.add({.name = "input", .shape = std::move(input)});
    graph.inputs = {last_};
    graph.outputs = {last_};
  }

  const Shape& shape() const { return graph.tensor(last_).shape; }
  int last() const { return last_; }

  GraphBuilder& conv(int channels, int kernel_h, int kernel_w, int stride, Padding padding = {},
                     Activation activation = Activation::kNone) {
    const int weights = constant({channels, kernel_h, kernel_w, shape()[3]});
    Operator op{.type = OpType::kConv2D, .inputs = {last_, weights, constant({channels})}};
    return window(std::move(op), channels, kernel_h, kernel_w, stride, padding, activation);
  }
  GraphBuilder& depthwise(int kernel_h, int kernel_w, int stride, Padding padding = {},
                          Activation activation = Activation::kNone) {
    const int channels = shape()[3], weights = constant({1, kernel_h, kernel_w, channels});
    Operator op{.type = OpType::kDepthwiseConv2D, .inputs = {last_, weights, constant({channels})}};
    return window(std::move(op), channels, kernel_h, kernel_w, stride, padding, activation);
  }
  GraphBuilder& pool(OpType type, int kernel_h, int kernel_w, int stride, Padding padding = {}) {
    return window({.type = type, .inputs = {last_}}, shape()[3], kernel_h, kernel_w, stride, padding,
                  Activation::kNone);
  }
  GraphBuilder& fully_connected(int channels, Activation activation = Activation::kNone) {
    const int weights = constant({channels, static_cast<int>(element_count(shape()))});
    Operator op{.type = OpType::kFullyConnected, .inputs = {last_, weights, constant({channels})}};
    op.activation = activation;
    return append(std::move(op), {1, channels});
  }
  GraphBuilder& add_to(int other, Activation activation = Activation::kNone) {
    Operator op{.type = OpType::kAdd, .inputs = {last_, other}};
    op.activation = activation;
    return append(std::move(op), shape());
  }
  GraphBuilder& softmax() { return append({.type = OpType::kSoftmax, .inputs = {last_}}, shape()); }
  GraphBuilder& reshape(Shape to) { return append({.type = OpType::kReshape, .inputs = {last_}}, std::move(to)); }

  /// Appends any operator; its output becomes the graph's.
  GraphBuilder& append(Operator op, Shape output) {
    op.name = "op" + std::to_string(graph.operators.size());
    last_ = graph.add({.name = op.name + ".out", .shape = std::move(output)});
    op.outputs = {last_};
    graph.operators.push_back(std::move(op));
    graph.outputs = {last_};
    return *this;
  }

  /// A constant of normal random values, scaled so that sums stay near 1.
  int constant(Shape of) {
    const std::int64_t count = element_count(of);
    const double fan_in = of.size() > 1 ? static_cast<double>(count) / of[0] : 1.0;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(rng_.normal() / std::sqrt(fan_in)));
    return graph.add({.name = "constant" + std::to_string(graph.tensors.size()),
                      .shape = std::move(of),
                      .data = std::move(values),
                      .constant = true});
  }

  Graph graph;

 private:
  GraphBuilder& window(Operator op, int channels, int kernel_h, int kernel_w, int stride, Padding p,
                       Activation activation) {
    op.kernel_h = kernel_h, op.kernel_w = kernel_w;
    op.stride_h = op.stride_w = stride;
    op.padding = p;
    op.activation = activation;
    const int out_h = (shape()[1] + p.top + p.bottom - kernel_h) / stride + 1;
    const int out_w = (shape()[2] + p.left + p.right - kernel_w) / stride + 1;
    return append(std::move(op), {1, out_h, out_w, channels});
  }

  Rng rng_;
  int last_ = 0;
};

inline std::vector<float> random_values(std::int64_t count, std::uint64_t seed) {
  Rng rng({seed, 23});
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(rng.normal()));
  return values;
}

}  // namespace thimble::test
