#include "supernet/training_network.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/softmax.h>
#include <malloc.h>

#include <exception>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "supernet/loss.hpp"
#include "supernet/ops.hpp"

namespace thimble {
namespace {

at::Tensor leaf(std::vector<float>& values, at::IntArrayRef sizes) {
  if (values.empty()) return at::Tensor();
  return at::from_blob(values.data(), sizes, at::TensorOptions().dtype(at::kFloat)).set_requires_grad(true);
}

at::Tensor pixels_of(const Batch& batch) {
  auto* pixels = const_cast<std::uint8_t*>(batch.pixels.data());
  return at::from_blob(pixels, {batch.count, batch.size, batch.size, batch.channels},
                       at::TensorOptions().dtype(at::kByte));
}

std::vector<std::int64_t> shape_of(const LayerWeights& layer) {
  switch (layer.kind) {
    case LayerKind::kStem:
      return {layer.out_channels, 3, 3, layer.in_channels};
    case LayerKind::kDepthwise:
      return {layer.kernel, layer.kernel, layer.out_channels};
    default:
      return {layer.out_channels, layer.in_channels};
  }
}

struct LayerTensors {
  at::Tensor weights, scale, shift;
};

}  // namespace

struct TrainingNetwork::Impl {
  SupernetWeights* weights;
  std::vector<LayerTensors> tensors;
  at::Tensor logits;

  at::Tensor forward(const std::vector<Layer>& layers, const at::Tensor& pixels) const {
    const LayerTensors &stem = of(layers.front()), &classifier = of(layers.back());
    at::Tensor x = ops::stem(pixels, stem.weights, layers.front().out_channels);
    x = ops::batch_norm(x, stem.scale, stem.shift, true, at::Tensor());
    for (std::size_t i = 1; i + 1 < layers.size();) {
      const bool expands = layers[i].kind == LayerKind::kPointwise;
      const Layer &depthwise = layers[i + (expands ? 1 : 0)], &project = layers[i + (expands ? 2 : 1)];
      x = ops::bottleneck(
          x, expands ? view(layers[i]) : ops::ConvolutionWeights(), view(depthwise), view(project),
          {depthwise.kernel, depthwise.stride, depthwise.out_channels, project.out_channels, project.adds_shortcut});
      i += expands ? 3 : 2;
    }
    return ops::classifier(x, classifier.weights, classifier.shift);
  }

  const LayerTensors& of(const Layer& layer) const { return tensors.at(static_cast<std::size_t>(layer.weights)); }
  ops::ConvolutionWeights view(const Layer& layer) const {
    const LayerTensors& tensor = of(layer);
    return {&tensor.weights, &tensor.scale, &tensor.shift};
  }
};

TrainingNetwork::TrainingNetwork(SupernetWeights& weights) : impl_(std::make_unique<Impl>()) {
  impl_->weights = &weights;
  for (LayerWeights& layer : weights.layers)
    impl_->tensors.push_back({leaf(layer.weights, shape_of(layer)), leaf(layer.scale, {layer.out_channels}),
                              leaf(layer.shift, {layer.out_channels})});
}
TrainingNetwork::~TrainingNetwork() = default;

void TrainingNetwork::clear_gradients() {
  for (LayerTensors& layer : impl_->tensors)
    for (at::Tensor* tensor : {&layer.weights, &layer.scale, &layer.shift})
      if (tensor->defined()) tensor->mutable_grad() = at::Tensor();
}

double TrainingNetwork::add_gradients(const std::vector<Layer>& layers, const Batch& batch, const Targets& targets) {
  try {
    impl_->logits = impl_->forward(layers, pixels_of(batch));
    const at::Tensor loss = loss_of(impl_->logits, batch, targets);
    loss.backward();
    impl_->logits = impl_->logits.detach();
    return static_cast<double>(loss.item<float>());
  } catch (const c10::Error& failure) {
    throw Error(std::string("LibTorch: ") + failure.what_without_backtrace());
  }
}

std::vector<float> TrainingNetwork::probabilities() const {
  const at::Tensor answers = at::softmax(impl_->logits, 1).contiguous();
  const float* first = answers.data_ptr<float>();
  return {first, first + answers.numel()};
}

std::vector<float> TrainingNetwork::probabilities(const std::vector<Layer>& layers, const Batch& batch) {
  const at::NoGradGuard without_gradients;
  impl_->logits = impl_->forward(layers, pixels_of(batch));
  return probabilities();
}

std::vector<Parameter> TrainingNetwork::parameters() {
  std::vector<Parameter> all;
  const auto add = [&](std::vector<float>& values, const at::Tensor& tensor, bool decays) {
    if (!tensor.defined()) return;
    const at::Tensor& gradient = tensor.grad();
    THIMBLE_CHECK(!gradient.defined() || gradient.is_contiguous(), "a gradient with gaps");
    all.push_back({&values, gradient.defined() ? gradient.data_ptr<float>() : nullptr, decays});
  };
  for (std::size_t i = 0; i < impl_->tensors.size(); ++i) {
    LayerWeights& layer = impl_->weights->layers[i];
    const LayerTensors& tensors = impl_->tensors[i];
    add(layer.weights, tensors.weights, true);
    add(layer.scale, tensors.scale, false);
    add(layer.shift, tensors.shift, false);
  }
  return all;
}

void prepare_training() {
  at::set_num_threads(1);
  // Activations of a few megabytes per operator: without this every one of them is mapped and faulted in anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 1 << 26);
}

}  // namespace thimble
