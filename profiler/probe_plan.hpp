#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/plan.hpp"

namespace thimble {

/// A layer as it goes to a probe.
struct ProbeLayer {
  std::string name, op;
  std::int64_t macs = 0;
  std::array<std::uint32_t, THIMBLE_LAYER_WORDS> words{};  ///< of thimble_layer_to_words
  std::uint32_t weight_bytes = 0;                          ///< packed; 0: it has none
};

/// A plan as it goes to a probe: shapes and offsets, no weights.
struct ProbePlan {
  std::int64_t arena_bytes = 0;
  std::vector<ProbeLayer> layers;

  /// Of all that a run depends on (not of names): equal plans have equal measurements.
  std::string hash() const;
};

/// @pre `plan` was made from `graph`
ProbePlan probe_plan(const Plan& plan, const Graph& graph);

}  // namespace thimble
