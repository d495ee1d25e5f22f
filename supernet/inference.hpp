#pragma once
#include <vector>

#include "supernet/data/image_set.hpp"
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

/// Mean and variance per channel behind every convolution, for one batch.
struct NetworkMoments {
  std::vector<std::vector<float>> mean, variance;  ///< [layer][channel]
};

/// One subnet cut out of a supernet, for forward passes on one thread over supernet/kernels.
class InferenceNetwork {
 public:
  InferenceNetwork(const SupernetWeights& weights, const std::vector<Layer>& layers);

  /// Runs pictures [first, first + count) with the batch norms on this batch's own statistics, and returns those.
  NetworkMoments batch_moments(const ImageSet& images, int first, int count) const;
  /// Fixes the batch norms to the mean of these statistics.
  void set_moments(const std::vector<NetworkMoments>& moments);
  /// Logits [count, classes] of the pictures, with the statistics that were set.
  void logits(const ImageSet& images, int first, int count, float* logits) const;

  const std::vector<InferenceLayer>& layers() const { return layers_; }

 private:
  std::vector<InferenceLayer> layers_;
};

}  // namespace thimble
