#include "evaluators/halves_evaluator.hpp"

#include <algorithm>
#include <array>

#include "evaluators/accuracy_survey.hpp"
#include "graph/base/check.hpp"

namespace thimble {

HalvesEvaluator::HalvesEvaluator(SubnetAccuracy& accuracy, std::vector<int> labels)
    : accuracy_(accuracy), labels_(std::move(labels)) {
  THIMBLE_CHECK(labels_.size() >= 2, "halves of fewer than two pictures");
}

void HalvesEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected) continue;
    const std::vector<float> logits = accuracy_.logits(candidate.subnet);
    const auto classes = static_cast<std::ptrdiff_t>(logits.size() / labels_.size());
    std::array<int, 2> right{};
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto first = logits.begin() + static_cast<std::ptrdiff_t>(i) * classes;
      right[i % 2] += std::max_element(first, first + classes) - first == labels_[i];
    }
    const auto all = static_cast<double>(labels_.size()), odd = static_cast<double>(labels_.size() / 2);
    candidate.metrics[metric::kTop1] = {static_cast<double>(right[0] + right[1]) / all};
    candidate.metrics[metric::kTop1Even] = {right[0] / (all - odd)};
    candidate.metrics[metric::kTop1Odd] = {right[1] / odd};
  }
}

}  // namespace thimble
