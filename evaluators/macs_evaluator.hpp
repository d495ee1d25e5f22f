#pragma once
#include "search/space/evaluator.hpp"

namespace thimble {

/// Multiply-accumulates and parameters, from shapes alone.
class MacsEvaluator final : public Evaluator {
 public:
  explicit MacsEvaluator(SearchSpace space) : space_(std::move(space)) {}
  std::string_view name() const override { return "macs"; }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  SearchSpace space_;
};

}  // namespace thimble
