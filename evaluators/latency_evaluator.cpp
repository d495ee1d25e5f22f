#include "evaluators/latency_evaluator.hpp"

namespace thimble {
namespace {

void set_latency(Candidate& candidate, double cycles, double latency_us, Provenance provenance, const Limits& limits) {
  candidate.metrics[metric::kCycles] = {cycles, provenance};
  candidate.metrics[metric::kLatencyUs] = {latency_us, provenance};
  const Fit fit = check(limits, {{}, {}, latency_us});
  if (!fit.holds()) candidate.rejected = fit.reason + ", " + to_text(provenance);
}

/// Calls `action` with every candidate that is not rejected and its plan.
template <class Action>
void for_each_planned(std::span<Candidate> candidates, const SubnetPlanner& planner, const Action& action) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected) continue;
    const auto planned = planner.plan(candidate.subnet);
    if (planned)
      action(candidate, *planned);
    else
      candidate.rejected = to_text(planned.error());
  }
}

}  // namespace

void LatencyEvaluator::evaluate(std::span<Candidate> candidates) {
  for_each_planned(candidates, planner_, [this](Candidate& candidate, const PlannedSubnet& planned) {
    const auto run = times_.measure(planned);
    if (run)
      set_latency(candidate, static_cast<double>(run->cycles), run->latency_us, run->provenance, limits_);
    else
      candidate.rejected = run.error().message;
  });
}

void PredictedLatencyEvaluator::evaluate(std::span<Candidate> candidates) {
  for_each_planned(candidates, planner_, [this](Candidate& candidate, const PlannedSubnet& planned) {
    set_latency(candidate, times_.predicted_cycles(planned), times_.predicted_us(planned), Provenance::kPredicted,
                limits_);
  });
}

}  // namespace thimble
