#pragma once
#include <memory>

#include "supernet/kernels/bottleneck.hpp"

namespace thimble {

/// The bottleneck over images so large that its widest activations, the expanded ones, cost more on their way through
/// memory than they cost to compute: they live in planes in the cache and are computed twice, from the block's input.
///
/// What a batch norm behind a 1x1 convolution E = x W^T needs of all rows comes from x alone. With G = x^T x, s =
/// sum(x): sum(E) = W s and sum(E_c^2) = w_c G w_c. Its gradient dE = scale d - slope E - offset
/// (Kernels::norm_gradient) is linear in d and x, and slope and offset are known only when all rows of d are; so d goes
/// into dx = d (scale W) - x (W^T slope W) - offset W and dW = scale d^T x - slope W G - offset s^T at once, the rest
/// behind it.
bool runs_in_planes(const BottleneckShape& shape);

/// `channels` filled up to whole planes.
int plane_channels(int channels);

void plane_bottleneck_forward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                              const BottleneckState& state, float* y);
void plane_bottleneck_backward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                               const BottleneckState& state, const float* dy, const BottleneckGradients& gradients);

/// The maps of a bottleneck's norms, without expansion the first is not read.
struct BottleneckMaps {
  ChannelMap expand, depthwise, project;
};

/// The same block with fixed norms, its weights packed; nothing but its input and output goes through memory.
class PlaneInference {
 public:
  /// @param weights  read here alone; without norms
  PlaneInference(const BottleneckShape& shape, const BottleneckWeights& weights, const BottleneckMaps& maps);
  PlaneInference(PlaneInference&&) noexcept;
  ~PlaneInference();

  /// On the calling thread. @param images  how many
  void run(int images, const float* x, float* y) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
