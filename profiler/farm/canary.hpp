#pragma once
#include <cstdint>

#include "profiler/probe_plan.hpp"

namespace thimble {

/// A small network that a board runs before and after its work: other cycles than before, and the board is not what it
/// was (its clock, its caches, its supply).
ProbePlan canary_plan();

/// Canaries of one board, or of boards of one type, may differ by so much.
inline constexpr double kCanaryTolerance = 0.02;

bool canaries_agree(std::int64_t cycles, std::int64_t expected);

}  // namespace thimble
