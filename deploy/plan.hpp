#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/isa.hpp"
#include "deploy/kernel_choice.hpp"
#include "deploy/kernels/thimble.h"
#include "graph/base/result.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// One operator made ready for the runtime.
struct Step {
  int op = 0;    ///< index into Graph::operators
  int part = 0;  ///< of an operator that several layers compute: 0, 1, ...
  thimble_kernel_id kernel = THIMBLE_CONV2D;
  thimble_layer layer{};  ///< all but the pointers; a graph without quantisation has the quantiser's usual values
  bool in_place = false;  ///< the output overlaps an input
  std::int64_t weight_bytes = 0;  ///< flash of its constants, as packed for the kernel

  const char* kernel_name() const { return thimble_kernel_by_id(static_cast<std::uint32_t>(kernel))->name; }
};

/// Consecutive operators that stream rows through rings. Today each run is one operator over whole tensors.
struct Run {
  std::vector<Step> steps;
};

/// Where an output of the graph lies after a run.
struct PlacedOutput {
  std::int64_t offset = 0, bytes = 0;
};

/// A graph made ready for one target: order, arena, kernels. All sizes are those of int8 and follow from shapes alone.
struct Plan {
  PlanMode mode = PlanMode::kSpeed;  ///< it was made for: the code is compiled accordingly
  std::vector<Run> runs;
  std::vector<std::int64_t> offsets;  ///< per tensor, bytes from the arena's start; -1 for constants
  std::int64_t arena_bytes = 0;       ///< input, output and scratch included
  std::int64_t arena_lower_bound_bytes =
      0;  ///< most bytes that some step needs whatever the placement, in place if that is less
  std::int64_t input_offset = 0, input_bytes = 0;
  std::vector<PlacedOutput> outputs;  ///< in the graph's order
  std::int64_t output_bytes = 0;      ///< of all of them

  std::vector<const Step*> steps() const;  ///< of all runs, in order
};

struct PlanOptions {
  std::int64_t arena_limit_bytes = 0;  ///< 0: none
  bool in_place = true;                ///< operators may write over their input where that lowers the peak
  PlanMode mode = PlanMode::kSpeed;
  std::int64_t flash_budget_bytes = 0;  ///< weights and code, about: kernels are chosen to stay below it; 0: none
  Isa isa = Isa::kPortable;             ///< of the core that the plan is for
};

/// Why there is no plan.
struct PlanError {
  std::vector<std::string>
      unsupported;  ///< "LAYER: reason" for every operator that no kernel runs; empty: it does not fit
  std::int64_t needed_bytes = 0, limit_bytes = 0;
  std::string peak_layer;  ///< the operator that needs the most
};
std::string to_text(const PlanError& error);

/// Orders, places and chooses. Takes any sound graph: float without weights (a subnet), or int8 with them.
/// Where the arena is above the limit, kernels that work in less memory are taken in place of faster ones.
/// @error PlanError  operators that no kernel runs (all of them), or an arena above the limit
Result<Plan, PlanError> make_plan(const Graph& graph, const PlanOptions& options = {});

}  // namespace thimble
