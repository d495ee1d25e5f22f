#include "supernet/inference.hpp"

#include <algorithm>
#include <memory>

#include "graph/base/check.hpp"
#include "supernet/kernels/gemm.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/norm.hpp"

namespace thimble {
namespace {

/// Float activations [N,S,S,C].
struct Activations {
  int count = 0, size = 0, channels = 0;
  std::unique_ptr<float[]> values;

  Activations() = default;
  Activations(int images, int new_size, int new_channels) : count(images), size(new_size), channels(new_channels) {
    values = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(image_size() * count));
  }
  std::int64_t pixels() const { return std::int64_t{size} * size; }
  std::int64_t rows() const { return pixels() * count; }
  std::int64_t image_size() const { return pixels() * channels; }
  float* image(int index) { return values.get() + image_size() * index; }
  const float* image(int index) const { return values.get() + image_size() * index; }
};

Activations run_stem(const InferenceLayer& layer, const ImageSet& images, int first, int count) {
  Activations y(count, (images.size + 1) / 2, layer.layer.out_channels);
  const int taps = 9 * images.channels;
  std::vector<float> columns(static_cast<std::size_t>(y.pixels() * taps));
  for (int i = 0; i < count; ++i) {
    stem_columns(images.image(first + i).data(), images.size, images.size, images.channels, columns.data());
    multiply(y.pixels(), y.channels, taps, {columns.data(), taps}, {layer.weights.data(), taps, true}, y.image(i),
             y.channels);
  }
  return y;
}

Activations run_pointwise(const InferenceLayer& layer, const Activations& x) {
  Activations y(x.count, x.size, layer.layer.out_channels);
  multiply(x.rows(), y.channels, x.channels, {x.values.get(), x.channels}, {layer.weights.data(), x.channels, true},
           y.values.get(), y.channels);
  return y;
}

Activations run_depthwise(const InferenceLayer& layer, const Activations& x) {
  Activations y(x.count, (x.size - 1) / layer.layer.stride + 1, x.channels);
  const DepthwiseShape shape{x.size, x.size, x.channels, layer.layer.kernel, layer.layer.stride, y.size, y.size};
  for (int i = 0; i < x.count; ++i) kernels().depthwise(shape, x.image(i), layer.weights.data(), y.image(i));
  return y;
}

void run_classifier(const InferenceLayer& layer, const Activations& x, float* logits) {
  const int classes = layer.layer.out_channels;
  std::vector<float> pooled(static_cast<std::size_t>(x.channels));
  for (int i = 0; i < x.count; ++i, logits += classes) {
    std::fill(pooled.begin(), pooled.end(), 0.0f);
    const float* from = x.image(i);
    for (std::int64_t p = 0; p < x.pixels(); ++p)
      for (int c = 0; c < x.channels; ++c) pooled[static_cast<std::size_t>(c)] += *from++;
    for (int o = 0; o < classes; ++o) {
      float sum = 0;
      for (int c = 0; c < x.channels; ++c)
        sum += layer.weights[static_cast<std::size_t>(o * x.channels + c)] * pooled[static_cast<std::size_t>(c)];
      logits[o] = sum / static_cast<float>(x.pixels()) + layer.map_shift[static_cast<std::size_t>(o)];
    }
  }
}

/// Runs all layers but the classifier. map_of(layer index, activations) gives the map of its batch norm.
template <class MapOf>
Activations run_body(const std::vector<InferenceLayer>& layers, const ImageSet& images, int first, int count,
                     const MapOf& map_of) {
  Activations x, block_input;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    const Layer& layer = layers[i].layer;
    const bool depthwise = layer.kind == LayerKind::kDepthwise;
    Activations y = layer.kind == LayerKind::kStem ? run_stem(layers[i], images, first, count)
                    : depthwise                    ? run_depthwise(layers[i], x)
                                                   : run_pointwise(layers[i], x);
    if (layer.starts_block) block_input = std::move(x);
    kernels().normalize(y.values.get(), layer.adds_shortcut ? block_input.values.get() : nullptr, y.values.get(),
                        y.rows(), y.channels, map_of(i, y), layer.relu6);
    x = std::move(y);
  }
  return x;
}

}  // namespace

InferenceNetwork::InferenceNetwork(const SupernetWeights& weights, const std::vector<Layer>& layers) {
  for (const Layer& layer : layers) {
    const LayerWeights& shared = weights.layers.at(static_cast<std::size_t>(layer.weights));
    const auto first = [&](const std::vector<float>& values) {
      return std::vector<float>(values.begin(), values.begin() + layer.out_channels);
    };
    InferenceLayer made{layer, active_weights(shared, layer), {}, {}, {}, {}};
    made.map_scale.assign(static_cast<std::size_t>(layer.out_channels), 1.0f);
    made.map_shift = first(shared.shift);
    if (layer.kind != LayerKind::kClassifier) {
      made.scale = first(shared.scale);
      made.shift = made.map_shift;
    }
    layers_.push_back(std::move(made));
  }
}

NetworkMoments InferenceNetwork::batch_moments(const ImageSet& images, int first, int count) const {
  NetworkMoments moments;
  std::vector<float> map_scale, map_shift;
  run_body(layers_, images, first, count, [&](std::size_t i, const Activations& y) {
    const auto channels = static_cast<std::size_t>(y.channels);
    std::vector<float> mean(channels), variance(channels);
    map_scale.resize(channels);
    map_shift.resize(channels);
    thimble::batch_moments(y.values.get(), y.rows(), y.channels, mean.data(), variance.data());
    norm_map({mean.data(), variance.data()}, layers_[i].scale.data(), layers_[i].shift.data(), y.channels,
             map_scale.data(), map_shift.data());
    moments.mean.push_back(std::move(mean));
    moments.variance.push_back(std::move(variance));
    return ChannelMap{map_scale.data(), map_shift.data()};
  });
  return moments;
}

void InferenceNetwork::set_moments(const std::vector<NetworkMoments>& moments) {
  THIMBLE_CHECK(!moments.empty(), "statistics of no batch");
  const auto mean_of = [&](auto member, std::size_t layer, std::size_t channel) {
    double sum = 0;
    for (const NetworkMoments& batch : moments) sum += static_cast<double>((batch.*member)[layer][channel]);
    return static_cast<float>(sum / static_cast<double>(moments.size()));
  };
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    InferenceLayer& layer = layers_[i];
    std::vector<float> mean, variance;
    for (std::size_t c = 0; c < layer.scale.size(); ++c) {
      mean.push_back(mean_of(&NetworkMoments::mean, i, c));
      variance.push_back(mean_of(&NetworkMoments::variance, i, c));
    }
    norm_map({mean.data(), variance.data()}, layer.scale.data(), layer.shift.data(), layer.layer.out_channels,
             layer.map_scale.data(), layer.map_shift.data());
  }
}

void InferenceNetwork::logits(const ImageSet& images, int first, int count, float* logits) const {
  const Activations x = run_body(layers_, images, first, count, [&](std::size_t i, const Activations&) {
    return ChannelMap{layers_[i].map_scale.data(), layers_[i].map_shift.data()};
  });
  run_classifier(layers_.back(), x, logits);
}

}  // namespace thimble
