#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/code_inventory.hpp"
#include "deploy/fitted_plan.hpp"
#include "deploy/footprint.hpp"
#include "deploy/plan.hpp"

namespace thimble {

struct ArenaRange {
  std::int64_t begin = 0, end = 0;  ///< bytes from the arena's start
};

/// Of convolutions and pools, as the kernel sees it: rows, columns.
struct LayerWindow {
  int height = 1, width = 1;
  int stride_h = 1, stride_w = 1;
};

struct LayerInspection {
  std::string name, op, kernel;
  std::vector<Shape> in_shapes;  ///< of the inputs that are no constants
  Shape out_shape;
  std::optional<LayerWindow> window;
  std::int64_t macs = 0;
  std::vector<ArenaRange> arena;  ///< inputs, then the output
  std::int64_t scratch_bytes = 0;
  bool in_place = false;
};

/// What is known of a model on a target without running it. Where `unsupported` is not empty there is no plan, and only
/// macs and params are known.
struct Inspection {
  std::int64_t macs = 0, params = 0;
  std::int64_t arena_lower_bound_bytes = 0;
  Footprint size;
  std::vector<LayerInspection> layers;
  std::vector<std::string>
      unsupported;  ///< every operator that no kernel runs, or whose numbers its kernel cannot hold
};

/// @param inventory  of the options' mode
Inspection inspect(const Graph& graph, const CodeInventory& inventory, const PlanOptions& options = {},
                   const MemoryLimits& limits = {});

}  // namespace thimble
