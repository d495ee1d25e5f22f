#include "supernet/training_network.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <malloc.h>

#include <exception>

#include "graph/base/error.hpp"
#include "supernet/kernels/gemm.hpp"
#include "supernet/loss.hpp"
#include "supernet/network_pass.hpp"

namespace thimble {

struct TrainingNetwork::Impl {
  SupernetWeights& weights;
  NetworkPass pass{weights};
  std::vector<LayerGradients> gradients{weights.layers.size()};
  Features features;
  std::vector<float> pooled, dfeatures;
  at::Tensor logits;  // a leaf: the loss alone is LibTorch's

  void forward(const std::vector<Layer>& layers, const Batch& batch) {
    features = pass.forward(layers, batch);
    const LayerWeights& last = weights.layers.back();
    logits = at::empty({features.images, last.out_channels}, at::TensorOptions().dtype(at::kFloat));
    pool();
    float* answers = logits.data_ptr<float>();
    multiply(features.images, last.out_channels, features.channels, {pooled.data(), features.channels},
             {last.weights.data(), last.in_channels, true}, answers, last.out_channels);
    for (std::int64_t i = 0; i < logits.numel(); ++i) answers[i] += last.shift[offset(i % last.out_channels, 1)];
    logits.set_requires_grad(true);
  }

  static std::size_t offset(std::int64_t row, int width) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(width);
  }

  /// The mean over the pixels of each picture.
  void pool() {
    pooled.assign(offset(features.images, features.channels), 0.0f);
    const float* x = features.values;
    const float share = 1.0f / static_cast<float>(features.pixels);
    for (int i = 0; i < features.images; ++i) {
      float* sums = &pooled[offset(i, features.channels)];
      for (std::int64_t p = 0; p < features.pixels; ++p, x += features.channels)
        for (int c = 0; c < features.channels; ++c) sums[c] += x[c];
      for (int c = 0; c < features.channels; ++c) sums[c] *= share;
    }
  }

  void backward() {
    const LayerWeights& last = weights.layers.back();
    LayerGradients& to = gradients.back();
    if (!to.used) {
      to.weights.assign(last.weights.size(), 0.0f);
      to.shift.assign(last.shift.size(), 0.0f);
      to.used = true;
    }
    const at::Tensor contiguous = logits.grad().contiguous();
    const float* dlogits = contiguous.data_ptr<float>();
    const int channels = features.channels, classes = last.out_channels;
    std::vector<float> dpooled(offset(features.images, channels));
    multiply(features.images, channels, classes, {dlogits, classes}, {last.weights.data(), last.in_channels},
             dpooled.data(), channels);
    // Summed apart and then added, as all gradients: so the shards of a batch add up to the same bits wherever they
    // run.
    std::vector<float> dweights(offset(classes, channels)), dbias(offset(classes, 1), 0.0f);
    multiply(classes, channels, features.images, {dlogits, classes, true}, {pooled.data(), channels}, dweights.data(),
             channels);
    for (std::int64_t i = 0; i < contiguous.numel(); ++i) dbias[offset(i % classes, 1)] += dlogits[i];
    for (int o = 0; o < classes; ++o) {
      for (int c = 0; c < channels; ++c)
        to.weights[offset(o, last.in_channels) + offset(c, 1)] += dweights[offset(o, channels) + offset(c, 1)];
      to.shift[offset(o, 1)] += dbias[offset(o, 1)];
    }
    spread(dpooled);
    pass.backward(dfeatures.data(), gradients);
  }

  /// The pool's backward direction: dfeatures.
  void spread(const std::vector<float>& dpooled) {
    const float share = 1.0f / static_cast<float>(features.pixels);
    const int channels = features.channels;
    dfeatures.resize(offset(features.images, channels) * static_cast<std::size_t>(features.pixels));
    float* to = dfeatures.data();
    for (int i = 0; i < features.images; ++i)
      for (std::int64_t p = 0; p < features.pixels; ++p)
        for (int c = 0; c < channels; ++c) *to++ = share * dpooled[offset(i, channels) + static_cast<std::size_t>(c)];
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
