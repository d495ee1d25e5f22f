#include "supernet/graph_network.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/relu.h>

#include <cmath>
#include <map>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/loss.hpp"

namespace thimble {
namespace {

constexpr double kEpsilon = 1e-3;
constexpr std::uint64_t kGraphStream = 0x62a9;

bool has_weights(OpType type) {
  return type == OpType::kConv2D || type == OpType::kDepthwiseConv2D || type == OpType::kFullyConnected;
}

bool trainable(const Operator& op) {
  switch (op.type) {
    case OpType::kAdd:
      return op.inputs.size() == 2;
    case OpType::kAveragePool2D:
    case OpType::kMaxPool2D:
    case OpType::kReshape:
      return true;
    default:
      return has_weights(op.type);
  }
}

/// The values of one layer, in the graph's layout, and what the optimizer sees of them.
struct LayerValues {
  std::vector<float> weights, scale, shift;  ///< scale is empty for fully connected layers; shift is their bias
  at::Tensor weights_leaf, scale_leaf, shift_leaf;
  std::vector<double> mean, variance;  ///< sums over the batches of add_moments
  int moments = 0;
};

at::Tensor leaf(std::vector<float>& values, at::IntArrayRef sizes) {
  if (values.empty()) return at::Tensor();
  return at::from_blob(values.data(), sizes, at::TensorOptions().dtype(at::kFloat)).set_requires_grad(true);
}

std::vector<std::int64_t> sizes_of(const Tensor& tensor) { return {tensor.shape.begin(), tensor.shape.end()}; }

LayerValues fresh(const Graph& graph, const Operator& op, std::uint64_t seed, std::size_t index) {
  LayerValues made;
  const Tensor& weights = graph.tensor(op.inputs.at(1));
  const bool depthwise = op.type == OpType::kDepthwiseConv2D, connected = op.type == OpType::kFullyConnected;
  const int out = depthwise ? weights.shape.back() : weights.shape.front();
  made.weights.resize(static_cast<std::size_t>(weights.elements()));
  const double fan_in = static_cast<double>(weights.elements()) / out;
  const double deviation = std::sqrt((connected ? 1.0 : 2.0) / fan_in);
  Rng rng({seed, kGraphStream, index});
  for (float& weight : made.weights) weight = static_cast<float>(deviation * rng.normal());
  if (!connected) made.scale.assign(static_cast<std::size_t>(out), 1.0f);
  made.shift.assign(static_cast<std::size_t>(out), 0.0f);
  made.weights_leaf = leaf(made.weights, sizes_of(weights));
  made.scale_leaf = leaf(made.scale, {out});
  made.shift_leaf = leaf(made.shift, {out});
  made.mean.assign(made.scale.size(), 0);
  made.variance = made.mean;
  return made;
}

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      return at::clamp(x, 0, 6);
    default:
      return x;
  }
}

/// Channels last is LibTorch's fastest layout with AVX-512, and by far its slowest with AVX2.
bool channels_last() { return std::string_view(kernels().name) == "avx512"; }

at::Tensor laid_out(const at::Tensor& nchw) { return channels_last() ? nchw : nchw.contiguous(); }

}  // namespace

struct GraphNetwork::Impl {
  Graph graph;
  int threads;
  std::map<std::size_t, LayerValues> layers;  // by operator
  bool collecting = false;                    // moments

  at::Tensor forward(const Batch& batch) {
    at::set_num_threads(threads);
    auto* pixels = const_cast<std::uint8_t*>(batch.pixels.data());
    const at::Tensor nhwc = at::from_blob(pixels, {batch.count, batch.size, batch.size, batch.channels},
                                          at::TensorOptions().dtype(at::kByte));
    std::map<int, at::Tensor> values;
    values[graph.inputs.front()] = laid_out(nhwc.to(at::kFloat).sub(128).div(128).permute({0, 3, 1, 2}));
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
      const Operator& op = graph.operators[i];
      values[op.outputs.front()] = activated(result(op, i, values), op.activation);
    }
    return values.at(graph.outputs.front()).flatten(1);
  }

  at::Tensor result(const Operator& op, std::size_t index, const std::map<int, at::Tensor>& values) {
    const at::Tensor x = values.at(op.inputs.front());
    const std::vector<std::int64_t> stride{op.stride_h, op.stride_w}, window{op.kernel_h, op.kernel_w};
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kDepthwiseConv2D:
        return normalised(convolution(op, layers.at(index), x, stride), layers.at(index));
      case OpType::kFullyConnected:
        return at::linear(flat(x), layers.at(index).weights_leaf, layers.at(index).shift_leaf);
      case OpType::kAdd:
        return x.add(values.at(op.inputs[1]));
      case OpType::kMaxPool2D:
        return at::max_pool2d(padded(x, op.padding, -INFINITY), window, stride);
      case OpType::kAveragePool2D: {
        const std::vector<std::int64_t> padding{op.padding.top, op.padding.left};
        return at::avg_pool2d(x, window, stride, padding, false, false);
      }
      default:
        return flat(x);
    }
  }

  /// [N,features] in the graph's order of elements.
  static at::Tensor flat(const at::Tensor& x) {
    return x.dim() == 4 ? x.permute({0, 2, 3, 1}).flatten(1) : x.flatten(1);
  }

  static at::Tensor padded(const at::Tensor& x, const Padding& by, double value) {
    if (by.top == 0 && by.bottom == 0 && by.left == 0 && by.right == 0) return x;
    return at::pad(x, {by.left, by.right, by.top, by.bottom}, "constant", value);
  }

  static at::Tensor convolution(const Operator& op, const LayerValues& layer, const at::Tensor& x,
                                const std::vector<std::int64_t>& stride) {
    const bool depthwise = op.type == OpType::kDepthwiseConv2D;
    const at::Tensor weights = depthwise ? layer.weights_leaf.permute({3, 0, 1, 2}).contiguous()
                                         : laid_out(layer.weights_leaf.permute({0, 3, 1, 2}));
    const std::int64_t groups = depthwise ? weights.size(0) : 1;
    const Padding& by = op.padding;
    if (by.top == by.bottom && by.left == by.right)
      return at::conv2d(x, weights, {}, stride, std::vector<std::int64_t>{by.top, by.left}, 1, groups);
    return at::conv2d(padded(x, by, 0), weights, {}, stride, std::vector<std::int64_t>{0, 0}, 1, groups);
  }

  at::Tensor normalised(const at::Tensor& x, LayerValues& layer) {
    auto [y, mean, inverse] = at::native_batch_norm(x, layer.scale_leaf, layer.shift_leaf, {}, {}, true, 0.1, kEpsilon);
    if (collecting) {
      for (std::size_t c = 0; c < layer.scale.size(); ++c) {
        const auto at_channel = static_cast<std::int64_t>(c);
        const double deviation = 1.0 / static_cast<double>(inverse.data_ptr<float>()[at_channel]);
        layer.mean[c] += static_cast<double>(mean.data_ptr<float>()[at_channel]);
        layer.variance[c] += deviation * deviation - kEpsilon;
      }
      ++layer.moments;
    }
    return y;
  }
};

GraphNetwork::GraphNetwork(const Graph& graph, std::uint64_t seed, int threads) : impl_(std::make_unique<Impl>()) {
  const Shape& input = graph.tensor(graph.inputs.at(0)).shape;
  if (input.size() != 4 || input[1] != input[2])
    throw Error(graph.name + ": its input must be a square picture to be trained");
  impl_->graph = graph;
  impl_->threads = threads;
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    if (!trainable(op)) throw Error(graph.name + ": " + op.name + ": " + to_text(op.type) + " cannot be trained");
    if (has_weights(op.type)) impl_->layers[i] = fresh(graph, op, seed, i);
  }
}
GraphNetwork::~GraphNetwork() = default;

int GraphNetwork::resolution() const { return impl_->graph.tensor(impl_->graph.inputs.front()).shape[1]; }

void GraphNetwork::clear_gradients() {
  for (auto& [index, layer] : impl_->layers)
    for (at::Tensor* tensor : {&layer.weights_leaf, &layer.scale_leaf, &layer.shift_leaf})
      if (tensor->defined()) tensor->mutable_grad() = at::Tensor();
}

double GraphNetwork::add_gradients(const Batch& batch, const Targets& targets) {
  try {
    const at::Tensor loss = loss_of(impl_->forward(batch), batch, targets);
    loss.backward();
    return static_cast<double>(loss.item<float>());
  } catch (const c10::Error& failure) {
    throw Error(std::string("LibTorch: ") + failure.what_without_backtrace());
  }
}

std::vector<Parameter> GraphNetwork::parameters() {
  std::vector<Parameter> all;
  const auto add = [&](std::vector<float>& values, at::Tensor& tensor, bool decays) {
    if (!tensor.defined()) return;
    if (tensor.grad().defined()) tensor.mutable_grad() = tensor.grad().contiguous();
    all.push_back({&values, tensor.grad().defined() ? tensor.grad().data_ptr<float>() : nullptr, decays});
  };
  for (auto& [index, layer] : impl_->layers) {
    add(layer.weights, layer.weights_leaf, true);
    add(layer.scale, layer.scale_leaf, false);
    add(layer.shift, layer.shift_leaf, false);
  }
  return all;
}

void GraphNetwork::add_moments(const Batch& batch) {
  const at::NoGradGuard without_gradients;
  impl_->collecting = true;
  impl_->forward(batch);
  impl_->collecting = false;
}

Graph GraphNetwork::folded() const {
  Graph graph = impl_->graph;
  for (const auto& [index, layer] : impl_->layers) {
    const Operator& op = graph.operators[index];
    std::vector<float> weights = layer.weights, bias = layer.shift;
    const std::size_t channels = bias.size();
    THIMBLE_CHECK(layer.scale.empty() || layer.moments > 0, "folded without moments");
    for (std::size_t c = 0; c < layer.scale.size(); ++c) {
      const double variance = layer.variance[c] / layer.moments;
      const auto factor = static_cast<float>(static_cast<double>(layer.scale[c]) / std::sqrt(variance + kEpsilon));
      bias[c] -= factor * static_cast<float>(layer.mean[c] / layer.moments);
      const bool depthwise = op.type == OpType::kDepthwiseConv2D;
      const std::size_t run = weights.size() / channels;
      for (std::size_t i = 0; i < run; ++i) weights[depthwise ? i * channels + c : c * run + i] *= factor;
    }
    graph.tensor(op.inputs.at(1)).data = std::move(weights);
    graph.tensor(op.inputs.at(2)).data = std::move(bias);
  }
  return graph;
}

}  // namespace thimble
