#pragma once
#include <map>
#include <span>
#include <vector>

#include "profiler/probe.hpp"

namespace thimble {

/// A plan and what a board needed for it, layer by layer.
struct ProbedPlan {
  ProbePlan plan;
  Measurement measurement;
};

/// Cycles of a plan before it is measured: per kernel a linear function of work, data moved and calls, and per form of
/// a kernel (depthwise: window and stride; 1x1: few input channels or many) a correction of it, fitted by ridge
/// regression to layers that were measured on one board. Errors count relative to a layer's cycles.
class LatencyModel {
 public:
  /// @pre at least one of the plans was measured layer by layer
  /// Layers of the same shapes count once. The order of `probed` matters in the last bits only.
  static LatencyModel fit(std::span<const ProbedPlan> probed);

  /// Cycles of one inference. A kernel that no measured plan used is priced like all others together.
  double predict(const ProbePlan& plan) const;

 private:
  double predict(const ProbeLayer& layer) const;

  std::map<std::uint64_t, std::vector<double>> coefficients_;  ///< per form of a kernel, per kernel, and over all
  double overhead_per_layer_ = 0;  ///< of a whole inference beyond its layers measured one by one
};

/// How far predictions are from measurements of plans that the model has not seen, as shares of the measured cycles.
struct PredictionError {
  double mean = 0, worst = 0;  ///< absolute
  int plans = 0;               ///< held out, each once
};

/// Cross-validation over plans, each fold fitted to the plans of the others.
/// @pre at least two plans
PredictionError cross_validate(std::span<const ProbedPlan> probed, int folds = 10);

}  // namespace thimble
