#pragma once
#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "search/space/subnet.hpp"
#include "supernet/data/image_set.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

struct CalibrationConfig {
  int batches = 8;  ///< of the training pictures, without augmentation
  int batch = 64;
  int threads = 2;
};

/// Accuracy of subnets with a supernet's weights. Batch-norm statistics are measured anew for every subnet, on fixed
/// batches of the training pictures (MCUNet appendix E). Deterministic, and the same for any number of threads.
class SubnetAccuracy {
 public:
  /// Keeps references to `supernet` and copies of what it needs of the pictures.
  /// @param calibration  training pictures; batches * batch of them are used, chosen over all (mixed_subset)
  /// @param images       the pictures to be classified, e.g. the validation split
  /// @error Error        pictures and space do not go together (check_pictures)
  SubnetAccuracy(const Supernet& supernet, const ImageSet& calibration, const ImageSet& images,
                 const CalibrationConfig& config = {});
  ~SubnetAccuracy();
  SubnetAccuracy(SubnetAccuracy&&) noexcept;

  /// Fraction of the pictures classified right.
  double top1(const Subnet& subnet);
  /// Logits of all pictures, float [N, classes].
  std::vector<float> logits(const Subnet& subnet);
  /// The subnet as a graph (to_graph) with float32 weights and biases, batch norms folded with the measured statistics.
  Graph extract(const Subnet& subnet);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
