#pragma once
#include "evaluators/latency_model.hpp"
#include "evaluators/limits.hpp"
#include "evaluators/subnet_planner.hpp"
#include "profiler/measurement_store.hpp"
#include "search/space/evaluator.hpp"

namespace thimble {

/// Latency and cycles as a board ran them (measured), or a virtual board's cycle model counted them (modelled). Plans
/// that were run before are looked up. Rejects what is above the latency limit, and what the probe refuses to run.
class LatencyEvaluator final : public Evaluator {
 public:
  /// Keeps references.
  LatencyEvaluator(const SubnetPlanner& planner, Probe& probe, MeasurementStore& store, const Limits& limits,
                   const RunOptions& options = {})
      : planner_(planner), probe_(probe), store_(store), limits_(limits), options_(options) {}
  std::string_view name() const override { return "latency"; }
  /// @error BoardError  the board, its probe or its emulator failed
  void evaluate(std::span<Candidate> candidates) override;

 private:
  void evaluate_one(Candidate& candidate);

  const SubnetPlanner& planner_;
  Probe& probe_;
  MeasurementStore& store_;
  Limits limits_;
  RunOptions options_;
};

/// Latency and cycles as a model of one board predicts them, before anything is run; rejects what is above the limit.
class PredictedLatencyEvaluator final : public Evaluator {
 public:
  /// Keeps references.
  PredictedLatencyEvaluator(const SubnetPlanner& planner, const LatencyModel& model, double clock_hz,
                            const Limits& limits)
      : planner_(planner), model_(model), clock_hz_(clock_hz), limits_(limits) {}
  std::string_view name() const override { return "predicted_latency"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  const SubnetPlanner& planner_;
  const LatencyModel& model_;
  double clock_hz_;
  Limits limits_;
};

}  // namespace thimble
