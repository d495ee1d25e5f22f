#define AT_PER_OPERATOR_HEADERS
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros_like.h>

#include "supernet/supernet.hpp"
#include "supernet/training_network.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

at::Tensor in_double(const std::vector<float>& values, at::IntArrayRef sizes) {
  if (values.empty()) return at::Tensor();
  return at::from_blob(const_cast<float*>(values.data()), sizes, at::TensorOptions().dtype(at::kFloat))
      .to(at::kDouble)
      .set_requires_grad(true);
}

/// The supernet in plain ATen operators, NCHW, in double: what supernet/ops is held against as a whole.
class AtenNetwork {
 public:
  explicit AtenNetwork(const SupernetWeights& weights) {
    for (const LayerWeights& layer : weights.layers) {
      const std::int64_t out = layer.out_channels, in = layer.in_channels, kernel = layer.kernel;
      std::vector<std::int64_t> sizes{out, in};
      if (layer.kind == LayerKind::kStem) sizes = {out, 3, 3, in};
      if (layer.kind == LayerKind::kDepthwise) sizes = {kernel, kernel, out};
      for (const auto& [values, shape] : {std::pair(&layer.weights, sizes), std::pair(&layer.scale, std::vector{out}),
                                          std::pair(&layer.shift, std::vector{out})})
        tensors_.push_back(in_double(*values, shape));
    }
  }

  at::Tensor loss(const std::vector<Layer>& layers, const Batch& batch) {
    nearest_ = 6;
    auto* pixels = const_cast<std::uint8_t*>(batch.pixels.data());
    at::Tensor x = at::from_blob(pixels, {batch.count, batch.size, batch.size, batch.channels},
                                 at::TensorOptions().dtype(at::kByte));
    x = (x.to(at::kDouble).permute({0, 3, 1, 2}) - 128) / 128;
    at::Tensor block_input;
    for (const Layer& layer : layers) {
      if (layer.kind == LayerKind::kClassifier) break;
      if (layer.starts_block) block_input = x;
      x = norm(convolution(x, layer), layer);
      if (layer.adds_shortcut) x = x + block_input;
    }
    const Layer& last = layers.back();
    const at::Tensor logits = at::linear(x.mean({2, 3}), of(last, 0).slice(1, 0, last.in_channels), of(last, 2));
    auto* labels = const_cast<std::int64_t*>(batch.labels.data());
    return at::cross_entropy_loss(logits, at::from_blob(labels, {batch.count}, at::TensorOptions().dtype(at::kLong)),
                                  {}, at::Reduction::Mean, -100, 0.1);
  }

  /// The least distance of what a ReLU6 of the last run got to 0 or 6.
  double nearest() const { return nearest_; }

  /// Gradients in the order of TrainingNetwork::parameters.
  std::vector<at::Tensor> gradients() const {
    std::vector<at::Tensor> all;
    for (const at::Tensor& tensor : tensors_)
      if (tensor.defined()) all.push_back(tensor.grad().defined() ? tensor.grad() : at::zeros_like(tensor));
    return all;
  }

 private:
  const at::Tensor& of(const Layer& layer, int which) const {
    return tensors_[static_cast<std::size_t>(3 * layer.weights + which)];
  }

  at::Tensor convolution(const at::Tensor& x, const Layer& layer) const {
    const at::Tensor &shared = of(layer, 0), own = shared.slice(0, 0, layer.out_channels);
    if (layer.kind == LayerKind::kStem) return at::conv2d(x, own.permute({0, 3, 1, 2}), {}, layer.stride, 1);
    if (layer.kind == LayerKind::kPointwise)
      return at::conv2d(x, own.slice(1, 0, layer.in_channels).unsqueeze(2).unsqueeze(3));
    const std::int64_t border = (shared.size(0) - layer.kernel) / 2, end = border + layer.kernel;
    const at::Tensor centre = shared.slice(0, border, end).slice(1, border, end).slice(2, 0, layer.out_channels);
    return at::conv2d(x, centre.permute({2, 0, 1}).unsqueeze(1), {}, layer.stride, layer.kernel / 2, 1,
                      layer.out_channels);
  }

  at::Tensor norm(const at::Tensor& x, const Layer& layer) {
    const at::Tensor y = at::batch_norm(x, of(layer, 1).slice(0, 0, layer.out_channels),
                                        of(layer, 2).slice(0, 0, layer.out_channels), {}, {}, true, 0.1, 1e-3, false);
    if (!layer.relu6) return y;
    const at::Tensor value = y.detach();
    for (const double edge : {0.0, 6.0}) nearest_ = std::min(nearest_, (value - edge).abs().min().item<double>());
    return at::hardtanh(y, 0, 6);
  }

  std::vector<at::Tensor> tensors_;  // weights, scale, shift of each layer
  double nearest_ = 6;
};

Batch random_batch(int count, int size, Rng& rng) {
  Batch batch;
  batch.count = count;
  batch.size = size;
  batch.channels = 3;
  for (int i = 0; i < count * size * size * 3; ++i)
    batch.pixels.push_back(static_cast<std::uint8_t>(rng.between(0, 255)));
  for (int i = 0; i < count; ++i) batch.labels.push_back(rng.between(0, 1));
  return batch;
}

}  // namespace

// In float the two sides differ where an activation lies so near to 0 or 6 that rounding decides whether ReLU6 lets the
// gradient through. It is rare (4 of 15 million activations in a subnet at 64 pixels), but each changes the gradients
// of all layers before it: by up to some percent, in PyTorch's own float as much as here, and so does a change of the
// pixels by 1e-7. With the decisions taken from a run in double, float gradients agree with double's to 4e-6 (median
// over the tensors). So the pictures here are such that no activation lies near an edge.
TEST_CASE("the gradients of whole subnets are those of plain ATen in double", "[supernet][gradients]") {
  Supernet supernet(small_space(), 5);
  Rng rng({21});
  for (LayerWeights& layer : supernet.weights().layers) {
    for (float& value : layer.scale) value = static_cast<float>(rng.uniform(0.5, 1.5));
    for (float& value : layer.shift) value = static_cast<float>(rng.uniform(-0.3, 0.6));
  }
  TrainingNetwork network(supernet.weights());
  std::vector<Subnet> subnets{largest(supernet.space()), smallest(supernet.space())};
  for (int i = 0; i < 4; ++i) subnets.push_back(sample(supernet.space(), rng));
  for (const Subnet& subnet : subnets) {
    INFO(to_text(subnet));
    const std::vector<Layer> layers = layers_of(supernet.space(), subnet);
    AtenNetwork reference(supernet.weights());
    Batch batch;
    at::Tensor loss;
    for (int tries = 0; tries == 0 || reference.nearest() < 5e-6; ++tries) {
      REQUIRE(tries < 100);
      batch = random_batch(6, subnet.resolution, rng);
      loss = reference.loss(layers, batch);
    }
    loss.backward();
    network.clear_gradients();
    CHECK(network.add_gradients(layers, batch, {0.1, 0, nullptr}) == Approx(loss.item<double>()).epsilon(1e-5));

    const std::vector<Parameter> ours = network.parameters();
    const std::vector<at::Tensor> exact = reference.gradients();
    REQUIRE(ours.size() == exact.size());
    double largest_norm = 0;
    for (const at::Tensor& gradient : exact) largest_norm = std::max(largest_norm, gradient.norm().item<double>());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      INFO("tensor " << i);
      const at::Tensor flat = exact[i].contiguous().view({-1});
      double squares = 0;
      for (std::int64_t j = 0; j < flat.numel(); ++j) {
        const double found = ours[i].gradient ? static_cast<double>(ours[i].gradient[j]) : 0;
        squares += (found - flat.data_ptr<double>()[j]) * (found - flat.data_ptr<double>()[j]);
      }
      // The second part: gradients that are zero, of shifts that the next batch norm takes away again.
      CHECK(std::sqrt(squares) < 1e-4 * flat.norm().item<double>() + 1e-6 * largest_norm);
    }
  }
}
