#include "supernet/accuracy.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "graph/base/check.hpp"
#include "graph/base/parallel.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/inference.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/weights.hpp"

namespace thimble {
namespace {

constexpr int kEvaluationBatch = 16;  // activations of so many pictures stay in the cache

std::vector<float> weights_of_graph(const InferenceLayer& layer) {
  std::vector<float> weights = layer.weights;
  const bool depthwise = layer.layer.kind == LayerKind::kDepthwise;
  const auto channels = layer.map_scale.size();
  const std::size_t per_channel = weights.size() / channels;
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] *= layer.map_scale[depthwise ? i % channels : i / per_channel];
  return weights;
}

}  // namespace

struct SubnetAccuracy::Impl {
  const Supernet* supernet;
  CalibrationConfig config;
  ImageSet calibration, images;
  std::map<int, ImageSet> calibration_at, images_at;  // by resolution

  const ImageSet& resized(const ImageSet& original, std::map<int, ImageSet>& cache, int resolution) const {
    auto found = cache.find(resolution);
    if (found == cache.end()) found = cache.emplace(resolution, resize(original, resolution, config.threads)).first;
    return found->second;
  }

  /// The network with statistics of the calibration batches: the mean over the batches of each batch's moments.
  InferenceNetwork calibrated(const Subnet& subnet) {
    InferenceNetwork network(supernet->weights(), layers_of(supernet->space(), subnet));
    const ImageSet& pictures = resized(calibration, calibration_at, subnet.resolution);
    const int batches = std::max(1, pictures.count() / config.batch);
    std::vector<NetworkMoments> moments(static_cast<std::size_t>(batches));
    parallel_for(batches, config.threads, [&](int i) {
      const SingleThreaded here;
      const int count = std::min(config.batch, pictures.count());
      moments[static_cast<std::size_t>(i)] = network.batch_moments(pictures, i * count, count);
    });
    network.set_moments(moments);
    return network;
  }
};

SubnetAccuracy::SubnetAccuracy(const Supernet& supernet, const ImageSet& calibration, const ImageSet& images,
                               const CalibrationConfig& config)
    : impl_(std::make_unique<Impl>()) {
  THIMBLE_CHECK(calibration.count() > 0 && images.count() > 0, "accuracy of no pictures");
  check_pictures(supernet.space(), calibration);
  check_pictures(supernet.space(), images);
  *impl_ = {&supernet, config, mixed_subset(calibration, config.batches * config.batch), images, {}, {}};
}
SubnetAccuracy::~SubnetAccuracy() = default;
SubnetAccuracy::SubnetAccuracy(SubnetAccuracy&&) noexcept = default;

std::vector<float> SubnetAccuracy::logits(const Subnet& subnet) {
  const InferenceNetwork network = impl_->calibrated(subnet);
  const ImageSet& images = impl_->resized(impl_->images, impl_->images_at, subnet.resolution);
  const auto classes = static_cast<std::size_t>(impl_->supernet->space().classes);
  std::vector<float> logits(static_cast<std::size_t>(images.count()) * classes);
  const int batches = (images.count() + kEvaluationBatch - 1) / kEvaluationBatch;
  parallel_for(batches, impl_->config.threads, [&](int i) {
    const SingleThreaded here;
    const int first = i * kEvaluationBatch, count = std::min(kEvaluationBatch, images.count() - first);
    network.logits(images, first, count, &logits[static_cast<std::size_t>(first) * classes]);
  });
  return logits;
}

double SubnetAccuracy::top1(const Subnet& subnet) {
  const std::vector<float> answers = logits(subnet);
  const auto classes = static_cast<std::ptrdiff_t>(impl_->supernet->space().classes);
  int right = 0;
  for (std::ptrdiff_t i = 0; i < impl_->images.count(); ++i) {
    const auto first = answers.begin() + i * classes;
    const auto best = std::max_element(first, first + classes) - first;
    right += best == impl_->images.labels[static_cast<std::size_t>(i)];
  }
  return static_cast<double>(right) / impl_->images.count();
}

Graph SubnetAccuracy::extract(const Subnet& subnet) {
  const InferenceNetwork network = impl_->calibrated(subnet);
  Graph graph = to_graph(impl_->supernet->space(), subnet);
  std::map<std::string, Tensor*> by_name;
  for (Tensor& tensor : graph.tensors) by_name[tensor.name] = &tensor;
  for (const InferenceLayer& layer : network.layers()) {
    Tensor& weights = *by_name.at(layer.layer.name + ".weights");
    Tensor& bias = *by_name.at(layer.layer.name + ".bias");
    weights.data = weights_of_graph(layer);
    bias.data = layer.map_shift;
  }
  return graph;
}

}  // namespace thimble
