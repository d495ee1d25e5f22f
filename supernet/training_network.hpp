#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "supernet/batches.hpp"
#include "supernet/weights.hpp"

namespace thimble {

/// One shared tensor of a supernet and its gradient.
struct Parameter {
  std::vector<float>* values = nullptr;
  const float* gradient = nullptr;  ///< null where no pass used it
  bool decays = false;              ///< weight decay holds for it (not for batch norms and biases)
};

/// What a pass is trained towards: the labels, and a share of a teacher's probabilities.
struct Targets {
  double label_smoothing = 0;
  double teacher_share = 0;
  const std::vector<float>* teacher = nullptr;  ///< probabilities [N, classes]; null without one
};

/// Losses and gradients of subnets over the shared weights, which it uses in place: NetworkPass, the classifier, and
/// LibTorch for the loss.
class TrainingNetwork {
 public:
  explicit TrainingNetwork(SupernetWeights& weights);
  ~TrainingNetwork();

  void clear_gradients();
  /// Runs the batch forward and backward through one subnet; its gradients are added to those already there.
  /// @return the mean loss
  double add_gradients(const std::vector<Layer>& layers, const Batch& batch, const Targets& targets);
  /// Probabilities [N, classes] of the last pass.
  std::vector<float> probabilities() const;
  /// Probabilities [N, classes] of a pass without gradients, with the batch's statistics.
  std::vector<float> probabilities(const std::vector<Layer>& layers, const Batch& batch);
  std::vector<Parameter> parameters();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// LibTorch's own few operators stay on one thread (the others run on WorkerPool::current()), and the allocator keeps
/// large tensors that come and go.
void prepare_training();

}  // namespace thimble
