#include "supernet/accuracy.hpp"

#include <algorithm>
#include <cstring>
#include <list>
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

/// The head of some subnets: what their first layers make of all pictures.
struct Head {
  int resolution = 0;
  std::vector<float> weights;  // of these layers, with their norms: equal weights, equal head
  bool is_kept = false;        // there is memory for its activations
  std::int64_t bytes = 0;
  std::vector<NetworkMoments> moments;           // of the calibration batches; empty: not measured yet
  std::vector<Activations> calibration, images;  // batch by batch, where is_kept
};

/// The heads that were used last, as many as fit.
class KeptHeads {
 public:
  Head& of(const InferenceNetwork& network, int resolution, int pictures) {
    std::vector<float> weights;
    for (int i = 0; i < network.head_layers(); ++i) {
      const InferenceLayer& layer = network.layers()[static_cast<std::size_t>(i)];
      for (const std::vector<float>* values : {&layer.weights, &layer.scale, &layer.shift})
        weights.insert(weights.end(), values->begin(), values->end());
    }
    const auto found = std::find_if(heads_.begin(), heads_.end(), [&](const Head& head) {
      return head.resolution == resolution && head.weights == weights;
    });
    if (found != heads_.end()) {
      heads_.splice(heads_.begin(), heads_, found);
      return heads_.front();
    }
    const Layer& last = network.layers()[static_cast<std::size_t>(network.head_layers()) - 1].layer;
    const std::int64_t size = (resolution + 1) / 2;
    const std::int64_t bytes = std::int64_t{4} * pictures * size * size * last.out_channels;
    Head& made = heads_.emplace_front();
    made.resolution = resolution;
    made.weights = std::move(weights);
    made.is_kept = bytes <= kMostBytes;
    made.bytes = made.is_kept ? bytes : 0;
    drop_last();
    return made;
  }

 private:
  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 29;

  void drop_last() {
    std::int64_t all = 0;
    for (const Head& head : heads_) all += head.bytes;
    while (all > kMostBytes) {
      all -= heads_.back().bytes;
      heads_.pop_back();
    }
  }

  std::list<Head> heads_;  // the last used one first
};

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
  KeptHeads heads;

  const ImageSet& resized(const ImageSet& original, std::map<int, ImageSet>& cache, int resolution) const {
    auto found = cache.find(resolution);
    if (found == cache.end()) found = cache.emplace(resolution, resize(original, resolution, config.threads)).first;
    return found->second;
  }
  const ImageSet& calibration_pictures(int resolution) { return resized(calibration, calibration_at, resolution); }
  const ImageSet& pictures(int resolution) { return resized(images, images_at, resolution); }

  /// The network with statistics of the calibration batches: the mean over the batches of each batch's moments.
  InferenceNetwork calibrated(const Subnet& subnet) {
    InferenceNetwork network(supernet->weights(), layers_of(supernet->space(), subnet));
    const ImageSet& set = calibration_pictures(subnet.resolution);
    const int count = std::min(config.batch, set.count()), batches = std::max(1, set.count() / config.batch);
    Head& head = heads.of(network, subnet.resolution, calibration.count() + images.count());
    const bool known = !head.moments.empty();
    head.moments.resize(static_cast<std::size_t>(batches));
    if (head.is_kept) head.calibration.resize(head.moments.size());
    std::vector<NetworkMoments> moments(head.moments.size());
    parallel_for(batches, config.threads, [&](int i) {
      const SingleThreaded here;
      const auto at = static_cast<std::size_t>(i);
      Activations own;
      Activations& activations = head.is_kept ? head.calibration[at] : own;
      if (!known || !head.is_kept) head.moments[at] = network.head_moments(set, i * count, count, activations);
      moments[at] = network.body_moments(activations);
    });
    network.set_head_moments(head.moments);
    network.set_body_moments(moments);
    return network;
  }

  std::vector<float> logits(const Subnet& subnet) {
    const InferenceNetwork network = calibrated(subnet);
    const ImageSet& set = pictures(subnet.resolution);
    const auto classes = static_cast<std::size_t>(supernet->space().classes);
    std::vector<float> logits(static_cast<std::size_t>(set.count()) * classes);
    const int batches = (set.count() + kEvaluationBatch - 1) / kEvaluationBatch;
    Head& head = heads.of(network, subnet.resolution, calibration.count() + images.count());
    if (head.is_kept) head.images.resize(static_cast<std::size_t>(batches));
    parallel_for(batches, config.threads, [&](int i) {
      const SingleThreaded here;
      const int first = i * kEvaluationBatch, count = std::min(kEvaluationBatch, set.count() - first);
      Activations own;
      Activations& activations = head.is_kept ? head.images[static_cast<std::size_t>(i)] : own;
      if (activations.count == 0) activations = network.head(set, first, count);
      network.logits(activations, &logits[static_cast<std::size_t>(first) * classes]);
    });
    return logits;
  }
};

SubnetAccuracy::SubnetAccuracy(const Supernet& supernet, const ImageSet& calibration, const ImageSet& images,
                               const CalibrationConfig& config)
    : impl_(std::make_unique<Impl>()) {
  THIMBLE_CHECK(calibration.count() > 0 && images.count() > 0, "accuracy of no pictures");
  check_pictures(supernet.space(), calibration);
  check_pictures(supernet.space(), images);
  *impl_ = {&supernet, config, mixed_subset(calibration, config.batches * config.batch), images, {}, {}, {}};
}
SubnetAccuracy::~SubnetAccuracy() = default;
SubnetAccuracy::SubnetAccuracy(SubnetAccuracy&&) noexcept = default;

std::vector<float> SubnetAccuracy::logits(const Subnet& subnet) { return impl_->logits(subnet); }

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
