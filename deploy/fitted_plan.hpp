#pragma once
#include <cstdint>

#include "deploy/code_inventory.hpp"
#include "deploy/footprint.hpp"
#include "deploy/plan.hpp"

namespace thimble {

/// What a firmware may take at most; 0: no limit.
struct MemoryLimits {
  std::int64_t sram_bytes = 0;
  std::int64_t flash_bytes = 0;
};

struct FittedPlan {
  Plan plan;
  Footprint size;  ///< may be above the limits
};

/// A plan whose kernels are chosen so that the firmware stays within the limits, by the sizes of the compiled code.
/// Where nothing fits, the plan that `options` alone give (SRAM), or the smallest that was tried (flash): callers compare
/// its size.
/// @param inventory  of the same mode as `options`
/// @error PlanError  operators that no kernel runs, or an arena above options.arena_limit_bytes
Result<FittedPlan, PlanError> fit_plan(const Graph& graph, const PlanOptions& options, const CodeInventory& inventory,
                                       const MemoryLimits& limits);

}  // namespace thimble
