#pragma once
#include <memory>
#include <vector>

#include "supernet/batches.hpp"
#include "supernet/weights.hpp"

namespace thimble {

/// Gradients of one layer's shared tensors, at their full size.
struct LayerGradients {
  std::vector<float> weights, scale, shift;
  bool used = false;  ///< some pass added to them; else their values mean nothing
};

/// What the last block of a subnet leaves: float [images, pixels, channels].
struct Features {
  float* values = nullptr;
  int images = 0, channels = 0;
  std::int64_t pixels = 0;
};

/// One pass at a time through a subnet and back, all but the classifier, over supernet/kernels on the threads of
/// WorkerPool::current(). The operators of supernet/ops do the same one by one under LibTorch's autograd, which costs a
/// tenth of a step where pictures are small. Memory is kept from one pass to the next.
class NetworkPass {
 public:
  explicit NetworkPass(const SupernetWeights& weights);
  ~NetworkPass();

  /// The features live until the next pass; what `batch` and `layers` refer to must live until backward.
  Features forward(const std::vector<Layer>& layers, const Batch& batch);
  /// Adds to the gradients of the layers of the last forward pass. @param dfeatures  gradient of its features
  void backward(const float* dfeatures, std::vector<LayerGradients>& gradients);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
