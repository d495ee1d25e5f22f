#include "supernet/training_network.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/slice.h>
#include <ATen/ops/softmax.h>
#include <malloc.h>

#include <exception>

#include "graph/base/error.hpp"
#include "supernet/loss.hpp"
#include "supernet/network_pass.hpp"

namespace thimble {
namespace {

at::Tensor over(float* values, at::IntArrayRef sizes) {
  return at::from_blob(values, sizes, at::TensorOptions().dtype(at::kFloat));
}

/// to += gradient of `tensor`.
void add_gradient(const at::Tensor& tensor, std::vector<float>& to) {
  const at::Tensor gradient = tensor.grad().contiguous();
  const float* from = gradient.data_ptr<float>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

struct TrainingNetwork::Impl {
  SupernetWeights& weights;
  NetworkPass pass{weights};
  std::vector<LayerGradients> gradients{weights.layers.size()};
  at::Tensor features, classifier, bias, logits;  // leaves, and what they make

  explicit Impl(SupernetWeights& shared) : weights(shared) {}

  void forward(const std::vector<Layer>& layers, const Batch& batch) {
    const Features found = pass.forward(layers, batch);
    LayerWeights& last = weights.layers.back();
    features = over(found.values, {found.images, found.pixels, found.channels}).set_requires_grad(true);
    classifier = over(last.weights.data(), {last.out_channels, last.in_channels}).set_requires_grad(true);
    bias = over(last.shift.data(), {last.out_channels}).set_requires_grad(true);
    logits = at::linear(features.mean({1}), classifier.slice(1, 0, found.channels), bias);
  }

  void backward() {
    LayerGradients& last = gradients.back();
    if (!last.used) {
      last.weights.assign(weights.layers.back().weights.size(), 0.0f);
      last.shift.assign(weights.layers.back().shift.size(), 0.0f);
      last.used = true;
    }
    add_gradient(classifier, last.weights);
    add_gradient(bias, last.shift);
    const at::Tensor gradient = features.grad().contiguous();
    pass.backward(gradient.data_ptr<float>(), gradients);
  }
};

TrainingNetwork::TrainingNetwork(SupernetWeights& weights) : impl_(std::make_unique<Impl>(weights)) {}
TrainingNetwork::~TrainingNetwork() = default;

void TrainingNetwork::clear_gradients() {
  for (LayerGradients& layer : impl_->gradients) layer.used = false;
}

double TrainingNetwork::add_gradients(const std::vector<Layer>& layers, const Batch& batch, const Targets& targets) {
  try {
    impl_->forward(layers, batch);
    const at::Tensor loss = loss_of(impl_->logits, batch, targets);
    loss.backward();
    impl_->backward();
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
  impl_->forward(layers, batch);
  return probabilities();
}

std::vector<Parameter> TrainingNetwork::parameters() {
  std::vector<Parameter> all;
  for (std::size_t i = 0; i < impl_->gradients.size(); ++i) {
    LayerWeights& layer = impl_->weights.layers[i];
    const LayerGradients& gradients = impl_->gradients[i];
    const auto add = [&](std::vector<float>& values, const std::vector<float>& gradient, bool decays) {
      if (!values.empty()) all.push_back({&values, gradients.used ? gradient.data() : nullptr, decays});
    };
    add(layer.weights, gradients.weights, true);
    add(layer.scale, gradients.scale, false);
    add(layer.shift, gradients.shift, false);
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
