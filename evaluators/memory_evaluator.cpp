#include "evaluators/memory_evaluator.hpp"

namespace thimble {

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
    const Fit fit = check(limits_, {size.peak_sram_bytes(), size.flash_bytes(), {}});
    if (!fit.holds()) candidate.rejected = fit.reason;
  }
}

}  // namespace thimble
