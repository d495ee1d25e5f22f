#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

namespace thimble {

/// Linear warm-up from 0, then a cosine from `peak` down to 0 at `steps`.
inline double learning_rate_at(int step, int steps, int warm_up_steps, double peak) {
  if (step < warm_up_steps && warm_up_steps < steps) return peak * (step + 1) / warm_up_steps;
  const int warm = warm_up_steps < steps ? warm_up_steps : 0;
  const double done = static_cast<double>(step - warm) / std::max(1, steps - warm);
  return peak * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace thimble
