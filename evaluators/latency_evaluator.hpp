#pragma once
#include "evaluators/board_times.hpp"
#include "evaluators/limits.hpp"
#include "evaluators/subnet_planner.hpp"
#include "search/space/evaluator.hpp"

namespace thimble {

/// Latency and cycles as a board ran them (measured), or a virtual board's cycle model counted them (modelled). Plans
/// that were run before are looked up. Rejects what is above the latency limit, and what the probe refuses to run.
class LatencyEvaluator final : public Evaluator {
 public:
  /// Keeps references.
  LatencyEvaluator(const SubnetPlanner& planner, BoardTimes& times, const Limits& limits)
      : planner_(planner), times_(times), limits_(limits) {}
  std::string_view name() const override { return "latency"; }
  /// @error BoardError  the board, its probe or its emulator failed
  void evaluate(std::span<Candidate> candidates) override;

 private:
  const SubnetPlanner& planner_;
  BoardTimes& times_;
  Limits limits_;
};

/// Latency and cycles as predicted from the board's other measurements, before anything is run; rejects what is above
/// the limit.
class PredictedLatencyEvaluator final : public Evaluator {
 public:
  /// Keeps references. @pre `times` has been fitted when `evaluate` is called
  PredictedLatencyEvaluator(const SubnetPlanner& planner, const BoardTimes& times, const Limits& limits)
      : planner_(planner), times_(times), limits_(limits) {}
  std::string_view name() const override { return "predicted_latency"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  const SubnetPlanner& planner_;
  const BoardTimes& times_;
  Limits limits_;
};

}  // namespace thimble
