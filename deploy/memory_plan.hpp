#pragma once
#include <cstdint>
#include <vector>

namespace thimble {

/// A way for a step to write over one of its inputs, if nobody reads that input afterwards.
struct Overlap {
  int input = 0;                   ///< index into StepMemory::inputs
  std::int64_t distance = 0;       ///< the output starts that many bytes before the input
  std::int64_t scratch_bytes = 0;  ///< that the step needs then
};

/// What one step of an execution does to memory. Sizes are bytes.
struct StepMemory {
  std::vector<int> inputs;  ///< tensors that it reads, without constants
  int output = 0;
  std::int64_t scratch_bytes = 0;  ///< where the output overlaps no input
  std::vector<Overlap> overlaps;   ///< the cheapest in time first
};

/// The activations of a network in execution order. Tensors that are the same memory (reshape) are one tensor here.
struct MemoryProblem {
  std::vector<std::int64_t> tensor_bytes;
  std::vector<StepMemory> steps;
  std::vector<int> inputs, outputs;  ///< live before the first step, and after the last
};

struct MemoryPlan {
  std::vector<std::int64_t> tensor_offsets;   ///< bytes from the arena's start; -1: no step uses it
  std::vector<std::int64_t> scratch_offsets;  ///< per step; 0 where it has no scratch
  std::vector<int> overlaps;                  ///< per step: index into its overlaps, -1: none used
  std::int64_t bytes = 0;                     ///< of the arena
  std::int64_t lower_bound_bytes = 0;         ///< most bytes that one step needs by itself: no plan is smaller
  int peak_step = 0;                          ///< the step that needs them
};

struct MemoryPlanOptions {
  bool overlap = true;
  int node_limit = 1000;  ///< positions that the search may try per limit
};

/// Places tensors and scratch in one arena so that no two that live at a time overlap, but for the outputs that may.
///
/// Depth-first over the steps: each output goes to the lower or upper end of a gap, with or without room for the
/// scratch between, or over its input where nothing else fits first. What is live between two steps is all that the
/// rest depends on, so a state that failed is never tried again: on a chain with shortcuts the search is a dynamic
/// program. It is run for the lower bound first, and where that fails for growing limits, then by bisection, to the
/// least limit at which it succeeds, within 1/512. Offsets are multiples of 8, and sizes are rounded up to it.
MemoryPlan plan_memory(const MemoryProblem& problem, const MemoryPlanOptions& options = {});

}  // namespace thimble
