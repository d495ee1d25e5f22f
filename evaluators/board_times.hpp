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
  BoardTimes(std::unique_ptr<Probe> probe, const std::filesystem::path& database);

  /// Runs the plan on the board, or finds that it was.
  /// @error ProbeFailure  the candidate is to blame
  /// @error BoardError    the board, its probe or its emulator failed
  Result<Measurement, ProbeFailure> measure(const PlannedSubnet& subnet);
  /// Fits the model to all measurements so far. @pre there is one
  void refit();
  /// @pre refit() was called
  double predicted_cycles(const PlannedSubnet& subnet) const;
  double predicted_us(const PlannedSubnet& subnet) const;
  /// Cross-validated error of such predictions; nothing where fewer than two plans were run.
  std::optional<PredictionError> error() const;

  const Board& board() const { return probe_->board(); }
  int measured() const { return static_cast<int>(probed_.size()); }  ///< different plans

 private:
  MeasurementStore store_;
  std::unique_ptr<Probe> probe_;
  std::set<std::string> hashes_;  ///< of the plans in `probed_`
  std::vector<ProbedPlan> probed_;
  std::optional<LatencyModel> model_;
};

}  // namespace thimble
