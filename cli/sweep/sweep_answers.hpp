#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "cli/sweep/sweep_job.hpp"
#include "cli/sweep/sweep_tasks.hpp"

namespace thimble {

/// Known answers of what a sweep puts first: the fastest sweep.known_answers subnets of each type of board, with random
/// weights, as firmware on a board of that type, against the int8 reference interpreter.
/// @param facts   of the sweep: its results and boards
/// @param before  what an earlier end of this sweep said; holds where the kernels are the same
/// @param cache   where sizes of compiled kernels are kept
/// @return [{subnet, board_type, board, kernel_library_version, cases, bit_exact, message}]; bit_exact is null where
/// none
///         was given, and the message says why: no board, no compiler, a stop. Nothing is thrown for one subnet.
nlohmann::json sweep_answers(const SweepJob& job, const SweepTasks& tasks, const nlohmann::json& facts,
                             const nlohmann::json& before, const std::filesystem::path& cache);

/// None that was given is wrong.
bool sweep_answers_hold(const nlohmann::json& answers);
/// Every board that was there has given its answers.
bool sweep_answers_given(const nlohmann::json& answers);

}  // namespace thimble
