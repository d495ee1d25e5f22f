#pragma once
#include <vector>

#include "supernet/data/image_set.hpp"
#include "supernet/kernels/aligned_floats.hpp"
#include "supernet/kernels/bottleneck.hpp"
#include "supernet/weights.hpp"

namespace thimble {

/// A layer of one subnet with its own packed weights (as active_weights) and the map per channel of its batch norm; for
/// the classifier the scale is 1 and the shift is the bias.
struct InferenceLayer {
  Layer layer;
  std::vector<float> weights;
  std::vector<float> scale, shift;          ///< gamma and beta of the batch norm; empty for the classifier
  std::vector<float> map_scale, map_shift;  ///< y = map_scale * convolution + map_shift
};

/// Mean and variance per channel behind the convolutions of some layers, for one batch.
struct NetworkMoments {
  std::vector<std::vector<float>> mean, variance;  ///< [layer][channel]
};

/// Float activations [N,S,S,C].
struct Activations {
  int count = 0, size = 0, channels = 0;
  AlignedFloats values;

  Activations() = default;
  Activations(int images, int new_size, int new_channels)
      : count(images), size(new_size), channels(new_channels), values(rows() * new_channels) {}
  std::int64_t rows() const { return std::int64_t{count} * size * size; }
  std::int64_t image_size() const { return std::int64_t{size} * size * channels; }
  float* data() const { return values.data(); }
};

/// One subnet cut out of a supernet, for forward passes on one thread over supernet/kernels.
///
/// Its head, the stem and the block without expansion, is the same for all subnets of like width, so its activations
/// may be kept for the next one; the body is the rest.
class InferenceNetwork {
 public:
  InferenceNetwork(const SupernetWeights& weights, const std::vector<Layer>& layers);

  /// Run pictures [first, first + count), or the head's activations, with the batch norms on this batch's own
  /// statistics, and return those of the layers that they ran.
  NetworkMoments head_moments(const ImageSet& images, int first, int count, Activations& out) const;
  NetworkMoments body_moments(const Activations& head) const;
  /// Fix the batch norms to the mean of these statistics, the head's before the body's.
  void set_head_moments(const std::vector<NetworkMoments>& moments);
  void set_body_moments(const std::vector<NetworkMoments>& moments);

  /// With the statistics that were set: the head of the pictures, and logits [count, classes] from there.
  Activations head(const ImageSet& images, int first, int count) const;
  void logits(const Activations& head, float* logits) const;

  const std::vector<InferenceLayer>& layers() const { return layers_; }
  int head_layers() const { return head_layers_; }  ///< so many of them, from the first one on

 private:
  struct Block;
  Block block_at(std::size_t first, const Activations& x) const;
  void measure_block(const Block& block, const Activations& x, Activations& y, NetworkMoments& moments) const;
  void run_block(const Block& block, const Activations& x, Activations& y) const;
  Activations stem(const ImageSet& images, int first, int count) const;
  void set_moments(const std::vector<NetworkMoments>& moments, std::size_t first_layer);

  std::vector<InferenceLayer> layers_;
  int head_layers_ = 1;
};

}  // namespace thimble
