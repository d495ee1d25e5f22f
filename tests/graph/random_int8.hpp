#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "graph/base/rng.hpp"
#include "graph/graph.hpp"
#include "tests/graph/graph_builder.hpp"

namespace thimble::test {

using Int8Values = std::vector<std::int8_t>;

inline Int8Values random_int8(std::int64_t count, Rng& rng) {
  Int8Values values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
  return values;
}

/// Turns a float graph into an int8 one with random weights, scales and zero points that use the whole range.
inline void quantize_at_random(Graph& graph, std::uint64_t seed, bool per_channel) {
  Rng rng({seed, 3});
  for (Tensor& tensor : graph.tensors) {
    if (tensor.constant) continue;
    tensor.type = DataType::kInt8;
    tensor.quantization = {{static_cast<float>(rng.uniform(0.01, 0.1))}, {rng.between(-128, 127)}};
  }
  for (const Operator& op : graph.operators) {
    if (op.inputs.size() < 3) continue;
    Tensor &weights = graph.tensor(op.inputs[1]), &bias = graph.tensor(op.inputs[2]);
    weights.type = DataType::kInt8;
    weights.data = random_int8(weights.elements(), rng);
    const auto channels = static_cast<std::size_t>(bias.elements());
    weights.quantization.scales.clear();
    for (std::size_t c = 0; c < (per_channel ? channels : 1); ++c) {
      weights.quantization.scales.push_back(static_cast<float>(rng.uniform(0.0005, 0.005)));
    }
    weights.quantization.zero_points.assign(weights.quantization.scales.size(), 0);
    weights.quantization.axis = op.type == OpType::kDepthwiseConv2D ? 3 : 0;
    bias.type = DataType::kInt32;
    std::vector<std::int32_t> values;
    for (std::size_t c = 0; c < channels; ++c) values.push_back(rng.between(-5000, 5000));
    bias.data = values;
  }
}

/// Gives operators that only move or pick values the scale of their input, as TFLite wants it.
inline void keep_scales(Graph& graph) {
  for (const Operator& op : graph.operators) {
    const bool keeps = op.type == OpType::kAveragePool2D || op.type == OpType::kMaxPool2D ||
                       op.type == OpType::kReshape || op.type == OpType::kPad || op.type == OpType::kTranspose ||
                       op.type == OpType::kResizeNearest || op.type == OpType::kConcat;
    Quantization& q = graph.tensor(op.outputs[0]).quantization;
    if (keeps) q = graph.tensor(op.inputs[0]).quantization;
    if (op.type == OpType::kSoftmax) q = {{1.0f / 256}, {-128}};
  }
}

/// Networks of a few operators of every type, shapes and paddings of every kind.
class RandomInt8Graph {
 public:
  explicit RandomInt8Graph(std::uint64_t seed)
      : rng_({seed, 7}), builder_({1, rng_.between(1, 9), rng_.between(1, 9), rng_.between(1, 9)}, seed) {
    const int operators = rng_.between(1, 6);
    for (int i = 0; i < operators; ++i) append_image_operator();
    if (rng_.chance(0.7)) append_end();
    quantize_at_random(builder_.graph, seed, rng_.chance(0.5));
    keep_scales(builder_.graph);
    builder_.graph.name = "random";
  }

  const Graph& graph() const { return builder_.graph; }

 private:
  void append_image_operator() {
    const Shape x = builder_.shape();
    const int last = builder_.last();
    const int kernel_h = rng_.between(1, 5), kernel_w = rng_.between(1, 5), stride = rng_.between(1, 3);
    const auto activation = rng_.pick<Activation>({Activation::kNone, Activation::kRelu, Activation::kRelu6});
    switch (rng_.between(0, 11)) {
      case 0:
      case 1:
        builder_.conv(rng_.between(1, 9), kernel_h, kernel_w, stride, padding(x, kernel_h, kernel_w), activation);
        return;
      case 2:
      case 3:
        builder_.depthwise(kernel_h, kernel_w, stride, padding(x, kernel_h, kernel_w), activation);
        return;
      case 4:
        builder_.pool(rng_.chance(0.5) ? OpType::kMaxPool2D : OpType::kAveragePool2D, std::min(kernel_h, x[1]),
                      std::min(kernel_w, x[2]), stride);
        return;
      case 5:
        builder_.add_to(rng_.chance(0.5) ? last : whole_image(), activation);
        return;
      case 6:
        builder_.append({.type = OpType::kMul, .inputs = {last, last}, .activation = activation}, x);
        return;
      case 7: {
        const Padding p{rng_.between(0, 2), rng_.between(0, 2), rng_.between(0, 2), rng_.between(0, 2)};
        builder_.append({.type = OpType::kPad, .inputs = {last}, .padding = p},
                        {1, x[1] + p.top + p.bottom, x[2] + p.left + p.right, x[3]});
        return;
      }
      case 8:
        builder_.append({.type = OpType::kTranspose, .inputs = {last}, .axes = {0, 2, 3, 1}}, {1, x[2], x[3], x[1]});
        return;
      case 9:
        builder_.append({.type = OpType::kResizeNearest, .inputs = {last}}, {1, 2 * x[1], x[2] + 1, x[3]});
        return;
      case 10: {
        Shape joined = x;
        const int axis = rng_.between(1, 3);
        joined[static_cast<std::size_t>(axis)] *= 2;
        builder_.append({.type = OpType::kConcat, .inputs = {last, last}, .axes = {axis}}, joined);
        return;
      }
      default:
        builder_.append({.type = OpType::kQuantize, .inputs = {last}}, x);
    }
  }

  /// A tensor of one value per channel, which an addition broadcasts.
  int whole_image() {
    const Shape x = builder_.shape();
    const int last = builder_.last();
    const bool keep = rng_.chance(0.5);
    builder_.append({.type = OpType::kMean, .inputs = {last}, .axes = {1, 2}},
                    keep ? Shape{1, 1, 1, x[3]} : Shape{1, x[3]});
    const int mean = builder_.last();
    builder_.append({.type = OpType::kQuantize, .inputs = {last}}, x);
    return mean;
  }

  void append_end() {
    const int elements = static_cast<int>(element_count(builder_.shape()));
    if (rng_.chance(0.5)) builder_.reshape({1, elements});
    builder_.fully_connected(rng_.between(1, 12), rng_.chance(0.5) ? Activation::kNone : Activation::kRelu);
    if (rng_.chance(0.5)) builder_.softmax();
  }

  /// Anything below the kernel's size that leaves a window on the image.
  Padding padding(const Shape& x, int kernel_h, int kernel_w) {
    Padding p{rng_.between(0, kernel_h - 1), rng_.between(0, kernel_h - 1), rng_.between(0, kernel_w - 1),
              rng_.between(0, kernel_w - 1)};
    if (x[1] + p.top + p.bottom < kernel_h) p.top = p.bottom = kernel_h - 1;
    if (x[2] + p.left + p.right < kernel_w) p.left = p.right = kernel_w - 1;
    return p;
  }

  Rng rng_;
  GraphBuilder builder_;
};

}  // namespace thimble::test
