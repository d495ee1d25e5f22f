#pragma once
#include "evaluators/board_times.hpp"
#include "evaluators/limits.hpp"
#include "evaluators/subnet_planner.hpp"

namespace thimble {

/// Whether a subnet keeps the limits of SRAM and flash, to the byte, and that of latency as it is predicted; for
/// searches and space optimisation. A subnet that cannot be planned misses by far.
/// @param planner, times  outlive the check, which several threads may call
/// @param times           of the board; null: latency is not looked at
FitCheck fit_check(const SubnetPlanner& planner, const Limits& limits, const BoardTimes* times = nullptr);

}  // namespace thimble
