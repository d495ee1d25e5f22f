#include "evaluators/limits.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace thimble {
namespace {

constexpr double kKilobyte = 1024, kMicrosecondsPerMs = 1000;

void hold(const char* what, const char* unit, double need, double limit, Fit& fit) {
  if (limit <= 0) return;
  fit.excess = std::max(fit.excess, need / limit - 1);
  if (need <= limit) return;
  char text[128];
  std::snprintf(text, sizeof text, "%s %.1f %s of %g %s (%.0f %%)", what, need, unit, limit, unit, 100 * need / limit);
  fit.reason += (fit.reason.empty() ? "" : ", ") + std::string(text);
}

}  // namespace

Fit check(const Limits& limits, const Needs& needs) {
  Fit fit{-std::numeric_limits<double>::infinity(), ""};
  if (needs.peak_sram_bytes)
    hold("peak SRAM", "KB", static_cast<double>(*needs.peak_sram_bytes) / kKilobyte, limits.sram_kb, fit);
  if (needs.flash_bytes) hold("flash", "KB", static_cast<double>(*needs.flash_bytes) / kKilobyte, limits.flash_kb, fit);
  if (needs.latency_us) hold("latency", "ms", *needs.latency_us / kMicrosecondsPerMs, limits.latency_ms, fit);
  return fit;
}

}  // namespace thimble
