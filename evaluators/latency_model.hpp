#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "evaluators/latency_features.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// A plan and what a board needed for it, layer by layer.
struct ProbedPlan {
  ProbePlan plan;
  Measurement measurement;
};

/// A layer but for where its tensors lie, which costs a few cycles at most: the kernel's id, then the words from in_h
/// on.
inline constexpr std::size_t kShapeWords = THIMBLE_LAYER_WORDS - 5;
using LayerShape = std::array<std::uint32_t, kShapeWords>;
LayerShape layer_shape_of(const ProbeLayer& layer);

/// What a board needed for a layer of one shape.
struct TimedShape {
  std::string op;  ///< "depthwise_conv2d"
  std::int64_t macs = 0;
  double cycles = 0;      ///< mean of all that were measured
  std::int64_t seen = 0;  ///< how many those are

  bool operator==(const TimedShape&) const = default;
};

/// All that a latency model consists of.
struct LatencyParameters {
  std::map<LayerShape, TimedShape> table;
  /// Per kernel a linear function of what it does (LatencyTerms), and "any" of all layers together.
  std::map<std::string, std::vector<double>> kernels;
  /// Per form of a kernel a correction of that function.
  std::map<std::string, std::vector<double>> forms;
  double overhead_per_layer = 0;     ///< cycles of a whole inference beyond its layers measured one by one
  std::int64_t overhead_layers = 0;  ///< that it was taken from

  bool operator==(const LatencyParameters&) const = default;
};

/// Cycles of a plan before it is measured. Layers of a shape that was measured need what they needed then; those of any
/// other have what a linear model of their kernel says, fitted by ridge regression to the measured shapes, each of
/// which counts once, by its relative error.
class LatencyModel {
 public:
  static constexpr std::size_t kCoefficients = kLatencyFeatures + 1;  ///< of a linear function

  /// @param before  a model of the same board, whose table and overhead count as well
  /// @pre a plan was measured layer by layer, or there is a model before
  /// The order of `probed` matters in the last bits only.
  static LatencyModel fit(std::span<const ProbedPlan> probed, const LatencyModel* before = nullptr);
  /// @pre the parameters are of a fitted model
  explicit LatencyModel(LatencyParameters parameters) : parameters_(std::move(parameters)) {}

  /// Cycles of one inference. A kernel that no measured plan used is priced like all others together.
  double predict(const ProbePlan& plan) const;
  /// Of a layer measured by itself: the table's, else the fitted one.
  double predict(const ProbeLayer& layer) const;
  /// What the linear models say, whether the shape was measured or not.
  double fitted(const ProbeLayer& layer) const;
  bool has_measured(const ProbeLayer& layer) const { return parameters_.table.contains(layer_shape_of(layer)); }

  const LatencyParameters& parameters() const { return parameters_; }

 private:
  LatencyModel() = default;
  void add(std::span<const ProbedPlan> probed);
  void regress();

  LatencyParameters parameters_;
};

/// How far predictions are from measurements of plans that the model has not seen, as shares of the measured cycles.
struct PredictionError {
  double mean = 0, median = 0, percentile_90 = 0, worst = 0;  ///< absolute
  double bias = 0;                                            ///< mean of the signed ones; above 0: predicted too slow
  int plans = 0;                                              ///< held out, each once

  bool operator==(const PredictionError&) const = default;
};

/// Of signed relative errors. @pre there is one
PredictionError prediction_error(std::vector<double> errors);
/// Of a model on plans that it has not seen. @pre there is one
PredictionError prediction_error(const LatencyModel& model, std::span<const ProbedPlan> unseen);

/// Cross-validation over plans, each fold fitted to the plans of the others.
/// @pre at least two plans
PredictionError cross_validate(std::span<const ProbedPlan> probed, int folds = 10);

}  // namespace thimble
