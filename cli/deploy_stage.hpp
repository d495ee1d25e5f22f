#pragma once
#include "cli/job_context.hpp"
#include "cli/search_stage.hpp"
#include "evaluators/board_times.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

/// Scores the front in int8, turns its best member into firmware, builds it, runs it on the board, and compares it bit
/// for bit with the int8 reference. Completes front.json and front.csv; leaves firmware/.
/// @error Error  the firmware does not build, or the linked sizes are not the predicted ones
void deploy_stage(JobContext& context, BoardTimes& times, const Supernet& supernet, const SearchResult& search);

}  // namespace thimble
