#pragma once
#include <vector>

#include "search/space/evaluator.hpp"
#include "supernet/accuracy.hpp"

namespace thimble {

/// Top-1 of a subnet as AccuracyEvaluator finds it, and that of the even and of the odd pictures alone
/// (metric::kTop1Even, kTop1Odd).
class HalvesEvaluator final : public Evaluator {
 public:
  /// Keeps a reference to `accuracy`. @param labels  of the pictures that it classifies, at least two
  HalvesEvaluator(SubnetAccuracy& accuracy, std::vector<int> labels);
  std::string_view name() const override { return "accuracy_halves"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  SubnetAccuracy& accuracy_;
  std::vector<int> labels_;
};

}  // namespace thimble
