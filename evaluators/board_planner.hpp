#pragma once
#include <filesystem>
#include <string>

#include "evaluators/subnet_planner.hpp"
#include "profiler/board.hpp"

namespace thimble {

/// Of "speed" or "size", as jobs and command lines say it.
PlanMode plan_mode(const std::string& mode);

/// What firmware may take: the board's memory, or less where a limit is set; none for the host.
/// @param sram_kb, flash_kb  1 KB = 1024 bytes; 0: what the board has
MemoryLimits memory_limits(const Board& board, double sram_kb = 0, double flash_kb = 0);

/// The planner of a space's subnets for a board, by the sizes of its compiled kernels.
/// @param cache  folder that those sizes are kept in
/// @error ConfigError  no firmware can be made for the board
SubnetPlanner board_planner(const SearchSpace& space, const Board& board, const std::string& mode,
                            const MemoryLimits& limits, const std::filesystem::path& cache);

}  // namespace thimble
