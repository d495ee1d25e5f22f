#include "evaluators/macs_evaluator.hpp"

namespace thimble {

void MacsEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected) continue;
    candidate.metrics[metric::kMacs] = {static_cast<double>(macs(space_, candidate.subnet))};
    candidate.metrics[metric::kParams] = {static_cast<double>(params(space_, candidate.subnet))};
  }
}

}  // namespace thimble
