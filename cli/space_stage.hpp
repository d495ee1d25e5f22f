#pragma once
#include "cli/job_context.hpp"
#include "evaluators/board_times.hpp"

namespace thimble {

/// What of the target's compiler and kernels the job's planners count with; compiled once, then cached beside the runs.
CodeInventory code_inventory(const JobContext& context);
/// Plans subnets as the job deploys them: its mode, within its limits.
SubnetPlanner subnet_planner(const JobContext& context, const SearchSpace& space);

/// The job's space cut down to the best resolutions and widths for its target. Runs some random subnets on the board
/// first, so that predicted latencies count. Leaves space.json.
/// @error DoesNotFitError  nothing in the space meets the limits; names the nearest miss
SearchSpace space_stage(JobContext& context, BoardTimes& times);

/// The space that a finished space stage left behind (space.json).
SearchSpace pruned_space(const SearchSpace& whole, const nlohmann::json& facts);

}  // namespace thimble
