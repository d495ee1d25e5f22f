#include "evaluators/latency_evaluator.hpp"

#include "graph/base/error.hpp"
#include "profiler/measure.hpp"

namespace thimble {
namespace {

constexpr double kMicroseconds = 1e6;

void set_latency(Candidate& candidate, double cycles, double latency_us, Provenance provenance, const Limits& limits) {
  candidate.metrics[metric::kCycles] = {cycles, provenance};
  candidate.metrics[metric::kLatencyUs] = {latency_us, provenance};
  const Fit fit = check(limits, {{}, {}, latency_us});
  if (!fit.holds()) candidate.rejected = fit.reason + ", " + to_text(provenance);
}

}  // namespace

void LatencyEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates)
    if (!candidate.rejected) evaluate_one(candidate);
}

void LatencyEvaluator::evaluate_one(Candidate& candidate) {
  const auto planned = planner_.plan(candidate.subnet);
  if (!planned) {
    candidate.rejected = to_text(planned.error());
    return;
  }
  const auto run = measure(probe_plan(planned->plan, planned->graph), probe_, store_, options_);
  if (run) {
    set_latency(candidate, static_cast<double>(run->cycles), run->latency_us, run->provenance, limits_);
  } else if (run.error().kind == FailureKind::kCandidate) {
    candidate.rejected = run.error().message;
  } else {
    throw BoardError(probe_.board().name + ": " + run.error().message);
  }
}

void PredictedLatencyEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected) continue;
    const auto planned = planner_.plan(candidate.subnet);
    if (!planned) {
      candidate.rejected = to_text(planned.error());
      continue;
    }
    const double cycles = model_.predict(probe_plan(planned->plan, planned->graph));
    set_latency(candidate, cycles, cycles / clock_hz_ * kMicroseconds, Provenance::kPredicted, limits_);
  }
}

}  // namespace thimble
