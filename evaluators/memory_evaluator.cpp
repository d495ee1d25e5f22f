#include "evaluators/memory_evaluator.hpp"

#include <limits>

namespace thimble {
namespace {

Needs needs_of(const Footprint& footprint) { return {footprint.peak_sram_bytes(), footprint.flash_bytes(), {}}; }

}  // namespace

void MemoryEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected) continue;
    const auto planned = planner_.plan(candidate.subnet);
    if (!planned) {
      candidate.rejected = to_text(planned.error());
      continue;
    }
    const Footprint& size = planned->footprint;
    candidate.metrics[metric::kPeakSramBytes] = {static_cast<double>(size.peak_sram_bytes())};
    candidate.metrics[metric::kFlashBytes] = {static_cast<double>(size.flash_bytes())};
    const Fit fit = check(limits_, needs_of(size));
    if (!fit.holds()) candidate.rejected = fit.reason;
  }
}

FitCheck memory_fit(const SubnetPlanner& planner, const Limits& limits) {
  return [&planner, limits](const Subnet& subnet) {
    const auto planned = planner.plan(subnet);
    if (!planned) return Fit{std::numeric_limits<double>::infinity(), to_text(planned.error())};
    return check(limits, needs_of(planned->footprint));
  };
}

}  // namespace thimble
