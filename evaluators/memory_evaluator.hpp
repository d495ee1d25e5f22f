#pragma once
#include "evaluators/limits.hpp"
#include "evaluators/subnet_planner.hpp"
#include "search/space/evaluator.hpp"

namespace thimble {

/// Peak SRAM and flash of the firmware that a subnet becomes, to the byte; rejects what is above the limits.
class MemoryEvaluator final : public Evaluator {
 public:
  /// Keeps a reference to `planner`.
  MemoryEvaluator(const SubnetPlanner& planner, const Limits& limits) : planner_(planner), limits_(limits) {}
  std::string_view name() const override { return "memory"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  const SubnetPlanner& planner_;
  Limits limits_;
};

}  // namespace thimble
