#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evaluators/latency_model.hpp"
#include "evaluators/subnet_planner.hpp"
#include "profiler/measurement_store.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// Times on one board: run by its probe (or looked up, when they were run before), and predicted from those.
/// Measurements join the model in the order in which they are first asked for, so a resumed job predicts the same.
class BoardTimes {
 public:
  /// @param database  where measurements are kept (MeasurementStore)
  /// @param before    a model of the same board that predictions start from (latency_model_file.hpp)
  BoardTimes(std::unique_ptr<Probe> probe, const std::filesystem::path& database,
             std::optional<LatencyModel> before = {});

  /// Runs the plan on the board, or finds that it was.
  /// @error ProbeFailure  the candidate is to blame
  /// @error BoardError    the board, its probe or its emulator failed
  Result<Measurement, ProbeFailure> measure(const PlannedSubnet& subnet);
  /// Leaves the board to others (firmware that is checked on it), until it is measured on again.
  void let_go() { probe_->let_go(); }
  /// Fits the model to all measurements so far, and to what the one before was fitted to. @pre there are any
  void refit();
  /// Whether there can be predictions: refit() was called, or there was a model before.
  bool predicts() const { return model_.has_value(); }
  /// @pre predicts()
  double predicted_cycles(const PlannedSubnet& subnet) const;
  double predicted_us(const PlannedSubnet& subnet) const;
  /// Of such predictions: of the model before, for the plans that were run since; where there was none,
  /// cross-validated. Nothing where too few plans were run.
  std::optional<PredictionError> error() const;

  const Board& board() const { return probe_->board(); }
  int measured() const { return static_cast<int>(probed_.size()); }  ///< different plans

 private:
  MeasurementStore store_;
  std::unique_ptr<Probe> probe_;
  std::set<std::string> hashes_;  ///< of the plans in `probed_`
  std::vector<ProbedPlan> probed_;
  std::optional<LatencyModel> before_, model_;
};

}  // namespace thimble
