#pragma once
#include "search/space/evaluator.hpp"
#include "supernet/accuracy.hpp"

namespace thimble {

/// Top-1 of a subnet with the supernet's weights, batch norms recalibrated.
class AccuracyEvaluator final : public Evaluator {
 public:
  /// Keeps a reference to `accuracy`.
  explicit AccuracyEvaluator(SubnetAccuracy& accuracy) : accuracy_(accuracy) {}
  std::string_view name() const override { return "accuracy"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  SubnetAccuracy& accuracy_;
};

}  // namespace thimble
