#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace thimble {

/// What one step of an execution does to memory.
struct StepMemory {
  std::vector<int> inputs;  ///< tensors that it reads, without constants
  int output = 0;
  std::int64_t scratch_bytes = 0;                      ///< where the output has memory of its own
  std::optional<std::int64_t> in_place_scratch_bytes;  ///< where it may lie over inputs[0]; nothing: it may not
};

/// The activations of a network in execution order. A tensor of another shape that is the same memory (reshape) is the
/// same tensor here.
struct MemoryProblem {
  std::vector<std::int64_t> tensor_bytes;  ///< 0: not in the arena
  std::vector<StepMemory> steps;
  std::vector<int> inputs, outputs;  ///< live from the first step, and to the last
};

struct Placement {
  std::vector<std::int64_t> tensor_offsets;   ///< -1: not in the arena
  std::vector<std::int64_t> scratch_offsets;  ///< per step; 0 where it has no scratch
  std::vector<bool> in_place;                 ///< per step
  std::int64_t bytes = 0;
  std::int64_t lower_bound_bytes = 0;  ///< most bytes that a step needs, each step in place or not as is less for it
  int peak_step = 0;                   ///< the step that needs them
  bool optimal = false;                ///< no placement of these buffers is smaller
};

/// Chooses the steps that run in place and places tensors and scratch in one arena.
///
/// In place costs time (rows are copied to a ring in the scratch), so it is used only where it lowers the peak.
Placement place(const MemoryProblem& problem, bool allow_in_place = true);

}  // namespace thimble
