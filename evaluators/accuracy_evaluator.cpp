#include "evaluators/accuracy_evaluator.hpp"

namespace thimble {

void AccuracyEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates)
    if (!candidate.rejected) candidate.metrics[metric::kTop1] = {accuracy_.top1(candidate.subnet)};
}

}  // namespace thimble
