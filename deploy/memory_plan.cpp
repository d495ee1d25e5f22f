#include "deploy/memory_plan.hpp"

#include <algorithm>

#include "deploy/offset_search.hpp"
#include "graph/base/check.hpp"

namespace thimble {
namespace {

/// Enough for every tensor and scratch side by side.
std::int64_t generous_limit(const PreparedMemory& memory) {
  std::int64_t limit = 0;
  for (const StepMemory& step : memory.steps)
    limit += memory.bytes[static_cast<std::size_t>(step.output)] + step.scratch_bytes;
  return limit;
}

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

/// The least limit, to a precision, at which the search finds a plan.
MemoryPlan least_plan(const PreparedMemory& memory, std::int64_t bound, int node_limit) {
  constexpr std::int64_t kPrecision = 512;
  OffsetSearch first(memory, node_limit);
  if (first.run(bound)) return plan_of(memory, first);
  OffsetSearch generous(memory, INT32_MAX);
  THIMBLE_CHECK(generous.run(generous_limit(memory)), "tensors side by side");
  MemoryPlan best = plan_of(memory, generous);
  for (std::int64_t below = bound; best.bytes - below > std::max<std::int64_t>(8, best.bytes / kPrecision);) {
    const std::int64_t middle = (below + best.bytes) / 16 * 8;
    OffsetSearch search(memory, node_limit);
    if (search.run(middle))
      best = plan_of(memory, search);
    else
      below = middle;
  }
  return best;
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
