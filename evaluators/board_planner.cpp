#include "evaluators/board_planner.hpp"

#include <algorithm>

#include "profiler/board_target.hpp"

namespace thimble {

PlanMode plan_mode(const std::string& mode) { return mode == "size" ? PlanMode::kSize : PlanMode::kSpeed; }

MemoryLimits memory_limits(const Board& board, double sram_kb, double flash_kb) {
  const auto bytes = [](double kb, std::int64_t whole) {
    return kb > 0 ? std::min(whole, static_cast<std::int64_t>(kb * 1024)) : whole;
  };
  return {bytes(sram_kb, board.ram_bytes()), bytes(flash_kb, board.flash_bytes())};
}

SubnetPlanner board_planner(const SearchSpace& space, const Board& board, const std::string& mode,
                            const MemoryLimits& limits, const std::filesystem::path& cache) {
  const PlanMode wanted = plan_mode(mode);
  return SubnetPlanner(space, measure_code(target_of(board), cache, wanted), {.mode = wanted}, limits);
}

}  // namespace thimble
