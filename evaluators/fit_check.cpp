#include "evaluators/fit_check.hpp"

#include <limits>

namespace thimble {

FitCheck fit_check(const SubnetPlanner& planner, const Limits& limits, const BoardTimes* times) {
  return [&planner, limits, times](const Subnet& subnet) -> Fit {
    const auto planned = planner.plan(subnet);
    if (!planned) return {std::numeric_limits<double>::infinity(), to_text(planned.error())};
    Needs needs{planned->footprint.peak_sram_bytes(), planned->footprint.flash_bytes(), {}};
    if (times != nullptr && limits.latency_ms > 0) needs.latency_us = times->predicted_us(*planned);
    return check(limits, needs);
  };
}

}  // namespace thimble
