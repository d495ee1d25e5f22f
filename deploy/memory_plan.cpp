#include "deploy/memory_plan.hpp"

#include <algorithm>
#include <optional>

#include "deploy/offset_search.hpp"

namespace thimble {
namespace {

MemoryPlan plan_of(const PreparedMemory& memory, const OffsetSearch& search) {
  MemoryPlan plan;
  plan.tensor_offsets = search.offsets();
  plan.bytes = search.used_bytes();
  for (std::size_t i = memory.input_count; i < memory.steps.size(); ++i) {
    plan.scratch_offsets.push_back(search.choices()[i].scratch);
    plan.overlaps.push_back(search.choices()[i].overlap);
  }
  return plan;
}

/// The least limit, to a precision, at which the search finds a plan. A limit at which everything fits side by side
/// needs one node per step, so the limits that grow come to an end.
MemoryPlan least_plan(const PreparedMemory& memory, std::int64_t bound, int node_limit) {
  constexpr std::int64_t kPrecision = 512;
  node_limit = std::max(node_limit, 2 * static_cast<int>(memory.steps.size()));
  const auto plan_within = [&](std::int64_t limit) -> std::optional<MemoryPlan> {
    OffsetSearch search(memory, node_limit);
    if (!search.run(limit)) return std::nullopt;
    return plan_of(memory, search);
  };
  std::optional<MemoryPlan> best = plan_within(bound);
  if (best) return *best;
  std::int64_t below = bound;
  for (std::int64_t growth = bound / 256 / 8 * 8 + 8; !best; growth *= 2) {
    best = plan_within(below + growth);
    if (!best) below += growth;
  }
  while (best->bytes - below > std::max<std::int64_t>(8, best->bytes / kPrecision)) {
    const std::int64_t middle = (below + best->bytes) / 16 * 8;
    if (std::optional<MemoryPlan> better = plan_within(middle))
      best = better;
    else
      below = middle;
  }
  return *best;
}

}  // namespace

MemoryPlan plan_memory(const MemoryProblem& problem, const MemoryPlanOptions& options) {
  const PreparedMemory memory(problem, options.overlap);
  std::int64_t bound = 0;
  std::size_t peak = 0;
  for (std::size_t i = 0; i < memory.steps.size(); ++i) {
    if (memory.least_bytes(i) > bound) peak = i;
    bound = std::max(bound, memory.least_bytes(i));
  }
  MemoryPlan plan = least_plan(memory, bound, options.node_limit);
  plan.lower_bound_bytes = bound;
  plan.peak_step = std::max(0, static_cast<int>(peak) - static_cast<int>(memory.input_count));
  return plan;
}

}  // namespace thimble
