#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "evaluators/latency_model.hpp"
#include "evaluators/subnet_planner.hpp"
#include "profiler/measure.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// Times on one board: run by its probe (or looked up, when it was run before), and predicted from those.
/// Measurements join the model in the order in which they are asked for, so a resumed job predicts the same.
class BoardTimes {
 public:
  BoardTimes(const Board& board, const std::filesystem::path& database);

  /// Runs the plan on the board, or finds that it was.
  /// @error BoardError  the board, its probe or its emulator failed
  Result<Measurement, ProbeFailure> measure(const PlannedSubnet& subnet);
  /// Fits the model to all measurements so far.
  void refit();
  /// @pre refit() was called after a measurement
  double predicted_us(const PlannedSubnet& subnet) const;
  /// Cross-validated error of such predictions; nothing where fewer than two plans were run.
  std::optional<PredictionError> error() const;

  const Board& board() const { return board_; }
  int measured() const { return static_cast<int>(probed_.size()); }

 private:
  Board board_;
  MeasurementStore store_;
  std::unique_ptr<Probe> probe_;
  std::vector<ProbedPlan> probed_;
  std::optional<LatencyModel> model_;
};

}  // namespace thimble
