#include "profiler/regions.hpp"

#include "profiler/statistics.hpp"

namespace thimble {

std::vector<LayerMeasurement> layer_measurements(const ProbePlan& plan, const std::vector<RegionCount>& regions) {
  std::vector<LayerMeasurement> layers;
  for (std::size_t i = 0; i < plan.layers.size(); ++i)
    layers.push_back({.name = plan.layers[i].name,
                      .op = plan.layers[i].op,
                      .macs = plan.layers[i].macs,
                      .cycles = static_cast<std::int64_t>(regions[i].cycles),
                      .instructions = static_cast<std::int64_t>(regions[i].instructions)});
  return layers;
}

void set_totals(Measurement& measurement, const std::vector<RegionCount>& regions) {
  std::vector<std::int64_t> cycles;
  for (const RegionCount& region : regions) cycles.push_back(static_cast<std::int64_t>(region.cycles));
  const RunStatistics statistics = statistics_of(cycles);
  measurement.cycles = statistics.median;
  measurement.spread = statistics.spread;
  measurement.runs = static_cast<int>(regions.size());
  measurement.instructions = static_cast<std::int64_t>(regions[statistics.median_index].instructions);
  measurement.latency_us = static_cast<double>(measurement.cycles) / measurement.clock_hz * 1e6;
}

std::optional<ProbeFailure> too_large_for(const ProbePlan& plan, const Board& board) {
  if (plan.arena_bytes <= board.ram_bytes()) return {};
  return ProbeFailure{.kind = FailureKind::kCandidate,
                      .code = "arena_too_large",
                      .message = "the arena of " + std::to_string(plan.arena_bytes) + " bytes is more than the " +
                                 std::to_string(board.ram_bytes()) + " bytes of RAM that " + board.name + " has"};
}

}  // namespace thimble
