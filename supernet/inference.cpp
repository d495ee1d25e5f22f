#include "supernet/inference.hpp"

#include <algorithm>

#include "graph/base/check.hpp"
#include "supernet/kernels/gemm.hpp"
#include "supernet/kernels/groups.hpp"
#include "supernet/kernels/plane_bottleneck.hpp"

namespace thimble {
namespace {

ChannelMap map_of(const InferenceLayer& layer) { return {layer.map_scale.data(), layer.map_shift.data()}; }

void run_pointwise(const InferenceLayer& layer, const Activations& x, Activations& y) {
  y = Activations(x.count, x.size, layer.layer.out_channels);
  multiply(x.rows(), y.channels, x.channels, {x.data(), x.channels}, {layer.weights.data(), x.channels, true}, y.data(),
           y.channels);
}

void run_depthwise(const InferenceLayer& layer, const Activations& x, Activations& y) {
  y = Activations(x.count, (x.size - 1) / layer.layer.stride + 1, x.channels);
  const DepthwiseShape shape{x.size, x.size, x.channels, layer.layer.kernel, layer.layer.stride, y.size, y.size};
  for (int i = 0; i < x.count; ++i)
    kernels().depthwise(shape, x.data() + i * x.image_size(), layer.weights.data(), y.data() + i * y.image_size());
}

void normalize(const InferenceLayer& layer, const float* shortcut, const Activations& y) {
  kernels().normalize(y.data(), shortcut, y.data(), y.rows(), y.channels, map_of(layer), layer.layer.relu6);
}

/// Adds the moments that statistics [4, channels] of a norm were made of.
void add_moments(const float* statistics, int channels, NetworkMoments& moments) {
  std::vector<float> variance;
  for (int c = 0; c < channels; ++c) {
    const double inverse = static_cast<double>(statistics[channels + c]);
    variance.push_back(static_cast<float>(std::max(0.0, 1 / (inverse * inverse) - double{kNormEpsilon})));
  }
  moments.mean.emplace_back(statistics, statistics + channels);
  moments.variance.push_back(std::move(variance));
}

}  // namespace

/// The two or three layers of a bottleneck.
struct InferenceNetwork::Block {
  const InferenceLayer *expand, *depthwise, *project;  // no expansion: null
  BottleneckShape shape;

  std::size_t layers() const { return expand ? 3 : 2; }
  BottleneckWeights weights() const {
    const auto norm = [](const InferenceLayer& layer) { return NormWeights{layer.scale.data(), layer.shift.data()}; };
    BottleneckWeights all;
    if (expand) {
      all.expand = {expand->weights.data(), shape.in_channels};
      all.expand_norm = norm(*expand);
    }
    all.depthwise = depthwise->weights.data();
    all.depthwise_norm = norm(*depthwise);
    all.project = {project->weights.data(), shape.mid_channels};
    all.project_norm = norm(*project);
    return all;
  }
};

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
  if (layers_.size() > 2 && layers_[1].layer.kind == LayerKind::kDepthwise) head_layers_ = 3;
}

InferenceNetwork::Block InferenceNetwork::block_at(std::size_t first, const Activations& x) const {
  const bool expands = layers_[first].layer.kind == LayerKind::kPointwise;
  const InferenceLayer &depthwise = layers_[first + (expands ? 1 : 0)], &project = layers_[first + (expands ? 2 : 1)];
  const int stride = depthwise.layer.stride;
  return {expands ? &layers_[first] : nullptr,
          &depthwise,
          &project,
          {.images = x.count,
           .in_size = x.size,
           .out_size = (x.size - 1) / stride + 1,
           .in_channels = x.channels,
           .mid_channels = depthwise.layer.out_channels,
           .out_channels = project.layer.out_channels,
           .kernel = depthwise.layer.kernel,
           .stride = stride,
           .expands = expands,
           .shortcut = project.layer.adds_shortcut}};
}

void InferenceNetwork::measure_block(const Block& block, const Activations& x, Activations& y,
                                     NetworkMoments& moments) const {
  const BottleneckShape& shape = block.shape;
  const BottleneckStateSizes sizes = state_sizes(shape);
  y = Activations(x.count, shape.out_size, shape.out_channels);
  const AlignedFloats expanded(sizes.expanded), filtered(sizes.filtered), projected(y.rows() * y.channels);
  std::vector<double> gram(static_cast<std::size_t>(sizes.gram));
  const auto mid = static_cast<std::size_t>(4 * shape.mid_channels), out = static_cast<std::size_t>(4 * y.channels);
  std::vector<float> expand_norm(mid), depthwise_norm(mid), project_norm(out);
  bottleneck_forward(shape, block.weights(), x.data(),
                     {expanded.data(), filtered.data(), projected.data(), expand_norm.data(), depthwise_norm.data(),
                      project_norm.data(), gram.data()},
                     y.data());
  if (shape.expands) add_moments(expand_norm.data(), shape.mid_channels, moments);
  add_moments(depthwise_norm.data(), shape.mid_channels, moments);
  add_moments(project_norm.data(), shape.out_channels, moments);
}

void InferenceNetwork::run_block(const Block& block, const Activations& x, Activations& y) const {
  if (runs_in_planes(block.shape)) {
    y = Activations(x.count, block.shape.out_size, block.shape.out_channels);
    const ChannelMap expand = block.expand ? map_of(*block.expand) : ChannelMap{nullptr, nullptr};
    PlaneInference(block.shape, block.weights(), {expand, map_of(*block.depthwise), map_of(*block.project)})
        .run(x.count, x.data(), y.data());
    return;
  }
  Activations expanded, filtered;
  if (block.expand) {
    run_pointwise(*block.expand, x, expanded);
    normalize(*block.expand, nullptr, expanded);
  }
  run_depthwise(*block.depthwise, block.expand ? expanded : x, filtered);
  normalize(*block.depthwise, nullptr, filtered);
  run_pointwise(*block.project, filtered, y);
  normalize(*block.project, block.shape.shortcut ? x.data() : nullptr, y);
}

/// The convolution alone.
Activations InferenceNetwork::stem(const ImageSet& images, int first, int count) const {
  const InferenceLayer& layer = layers_.front();
  const int size = images.size, channels = images.channels, taps = 9 * channels, row = (size + 2) * channels;
  const PlaneKernels& planes = kernels().planes;
  Activations y(count, (size + 1) / 2, layer.layer.out_channels);
  const AlignedFloats packed(std::int64_t{taps} * plane_channels(y.channels));
  planes.pack(layer.weights.data(), 1, taps, taps, y.channels, packed.data());
  for (int i = 0; i < count; ++i) {
    float* picture = scratch(0, std::int64_t{row} * (size + 2));
    bordered_picture(images.image(first + i).data(), size, size, channels, picture);
    for (int r = 0; r < y.size; ++r)
      planes.multiply_add({picture + 2 * r * row, 2 * channels, row, 3 * channels}, taps, packed.data(), y.channels,
                          y.size, y.data() + i * y.image_size() + std::int64_t{r} * y.size * y.channels, false);
  }
  return y;
}

NetworkMoments InferenceNetwork::head_moments(const ImageSet& images, int first, int count, Activations& out) const {
  NetworkMoments moments;
  const InferenceLayer& layer = layers_.front();
  out = stem(images, first, count);
  std::vector<float> statistics(static_cast<std::size_t>(4 * out.channels));
  batch_norm_statistics(out.data(), out.rows(), out.channels, layer.scale.data(), layer.shift.data(),
                        statistics.data());
  add_moments(statistics.data(), out.channels, moments);
  kernels().normalize(out.data(), nullptr, out.data(), out.rows(), out.channels,
                      thimble::map_of(statistics.data(), out.channels), true);
  if (head_layers_ == 1) return moments;
  const Activations x = std::move(out);
  measure_block(block_at(1, x), x, out, moments);
  return moments;
}

NetworkMoments InferenceNetwork::body_moments(const Activations& head) const {
  NetworkMoments moments;
  Activations x, y;
  const Activations* from = &head;
  for (auto i = static_cast<std::size_t>(head_layers_); i + 1 < layers_.size(); from = &x) {
    const Block block = block_at(i, *from);
    measure_block(block, *from, y, moments);
    std::swap(x, y);
    i += block.layers();
  }
  return moments;
}

void InferenceNetwork::set_head_moments(const std::vector<NetworkMoments>& moments) { set_moments(moments, 0); }
void InferenceNetwork::set_body_moments(const std::vector<NetworkMoments>& moments) {
  set_moments(moments, static_cast<std::size_t>(head_layers_));
}

void InferenceNetwork::set_moments(const std::vector<NetworkMoments>& moments, std::size_t first_layer) {
  THIMBLE_CHECK(!moments.empty(), "statistics of no batch");
  const auto mean_of = [&](auto member, std::size_t layer, std::size_t channel) {
    double sum = 0;
    for (const NetworkMoments& batch : moments) sum += static_cast<double>((batch.*member)[layer][channel]);
    return static_cast<float>(sum / static_cast<double>(moments.size()));
  };
  for (std::size_t i = 0; i < moments.front().mean.size(); ++i) {
    InferenceLayer& layer = layers_[first_layer + i];
    std::vector<float> mean, variance;
    for (std::size_t c = 0; c < layer.scale.size(); ++c) {
      mean.push_back(mean_of(&NetworkMoments::mean, i, c));
      variance.push_back(mean_of(&NetworkMoments::variance, i, c));
    }
    norm_map({mean.data(), variance.data()}, layer.scale.data(), layer.shift.data(), layer.layer.out_channels,
             layer.map_scale.data(), layer.map_shift.data());
  }
}

Activations InferenceNetwork::head(const ImageSet& images, int first, int count) const {
  Activations x = stem(images, first, count), y;
  normalize(layers_.front(), nullptr, x);
  if (head_layers_ == 1) return x;
  run_block(block_at(1, x), x, y);
  return y;
}

void InferenceNetwork::logits(const Activations& head, float* logits) const {
  Activations x, y;
  const Activations* from = &head;
  for (auto i = static_cast<std::size_t>(head_layers_); i + 1 < layers_.size(); from = &x) {
    const Block block = block_at(i, *from);
    run_block(block, *from, y);
    std::swap(x, y);
    i += block.layers();
  }
  const InferenceLayer& layer = layers_.back();
  const int channels = from->channels, classes = layer.layer.out_channels;
  const std::int64_t pixels = std::int64_t{from->size} * from->size;
  std::vector<float> pooled(static_cast<std::size_t>(channels));
  for (int i = 0; i < from->count; ++i, logits += classes) {
    std::fill(pooled.begin(), pooled.end(), 0.0f);
    const float* at = from->data() + i * from->image_size();
    for (std::int64_t p = 0; p < pixels; ++p)
      for (float& sum : pooled) sum += *at++;
    for (int o = 0; o < classes; ++o) {
      float sum = 0;
      for (int c = 0; c < channels; ++c)
        sum += layer.weights[static_cast<std::size_t>(o * channels + c)] * pooled[static_cast<std::size_t>(c)];
      logits[o] = sum / static_cast<float>(pixels) + layer.map_shift[static_cast<std::size_t>(o)];
    }
  }
}

}  // namespace thimble
