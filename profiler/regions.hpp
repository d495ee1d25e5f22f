#pragma once
#include <cstdint>
#include <vector>

#include "profiler/probe.hpp"

namespace thimble {

/// What was counted in a timed region.
struct RegionCount {
  std::uint64_t instructions = 0, cycles = 0;  ///< instructions: 0 where nobody counts them

  bool operator==(const RegionCount&) const = default;
};

/// Cycles, instructions, spread and latency of whole inferences, at the measurement's clock.
/// @pre regions is not empty
void set_totals(Measurement& measurement, const std::vector<RegionCount>& regions);

/// @param regions  one for each layer of the plan
std::vector<LayerMeasurement> layer_measurements(const ProbePlan& plan, const std::vector<RegionCount>& regions);

/// The plan needs more memory than the board has: nothing to try.
std::optional<ProbeFailure> too_large_for(const ProbePlan& plan, const Board& board);

}  // namespace thimble
