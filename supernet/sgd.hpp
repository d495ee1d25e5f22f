#pragma once
#include <vector>

#include "supernet/training_network.hpp"

namespace thimble {

struct SgdStep {
  double learning_rate = 0, momentum = 0, weight_decay = 0;
  double gradient_scale = 1;  ///< on the gradients as they are, e.g. 1 / number of passes
  double gradient_clip = 0;   ///< largest L2 norm of the scaled gradient; 0: none
};

/// Stochastic gradient descent with Nesterov momentum.
class Sgd {
 public:
  /// Changes the values of all parameters that have a gradient.
  /// @return the L2 norm of the scaled gradient before clipping; if it is not finite nothing was changed
  double step(const std::vector<Parameter>& parameters, const SgdStep& settings);

  std::vector<std::vector<float>>& momentum() { return momentum_; }  ///< one per parameter; empty before the first step
  void forget() { momentum_.clear(); }

 private:
  std::vector<std::vector<float>> momentum_;
};

/// Linear warm-up from 0, then a cosine from `peak` down to 0 at `steps`.
double learning_rate_at(int step, int steps, int warm_up_steps, double peak);

}  // namespace thimble
