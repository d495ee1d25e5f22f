#include "profiler/regions.hpp"

#include "profiler/provenance.hpp"
#include "profiler/statistics.hpp"

namespace thimble {
namespace {

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

/// @pre regions is not empty
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

}  // namespace

Measurement begun_measurement(const ProbePlan& plan, const Board& board, const std::string& image,
                              const std::string& firmware_hash, const ProbeHello& hello, const RunOptions& options) {
  const bool is_virtual = board.kind() == BoardKind::kVirtual;
  return {.board = board.name,
          .provenance = is_virtual ? Provenance::kModelled : Provenance::kMeasured,
          .clock_hz = hello.state.clock_hz != 0 ? static_cast<double>(hello.state.clock_hz) : board.clock_hz(),
          .arena_bytes = plan.arena_bytes,
          .firmware_hash = firmware_hash,
          .kernel_library_version = hex_of(hello.kernel_library_version),
          .compiler = firmware_compiler(),
          .compiler_flags = firmware_flags(image),
          .git_hash = git_hash(),
          .probe_serial = board.probe_serial,
          .state = hello.state,
          .cache = cache_state_of(hello.state, options.cache)};
}

ProbeRequest request_of(probe_mode mode, int runs, const RunOptions& options) {
  return {.mode = mode, .runs = runs, .cache = options.cache == CacheState::kCold ? PROBE_COLD : PROBE_WARM};
}

Result<Measurement, ProbeFailure> measure_regions(const ProbePlan& plan, const RunOptions& options,
                                                  Measurement& measurement, const RunRegions& run) {
  const auto total = run(PROBE_TOTAL, options.runs, static_cast<std::size_t>(options.runs));
  if (!total) return total.error();
  set_totals(measurement, *total);
  if (!options.per_layer) return measurement;
  const auto layers = run(PROBE_PER_LAYER, 1, plan.layers.size());
  if (!layers) return layers.error();
  measurement.layers = layer_measurements(plan, *layers);
  return measurement;
}

std::optional<ProbeFailure> too_large_for(const ProbePlan& plan, const Board& board) {
  if (plan.arena_bytes <= board.ram_bytes()) return {};
  return ProbeFailure{.kind = FailureKind::kCandidate,
                      .code = "arena_too_large",
                      .message = "the arena of " + std::to_string(plan.arena_bytes) + " bytes is more than the " +
                                 std::to_string(board.ram_bytes()) + " bytes of RAM that " + board.name + " has"};
}

std::optional<ProbeFailure> stale_firmware(const std::string& file, const ProbeHello& hello) {
  if (hello.kernel_library_version == kernel_library_version()) return {};
  return ProbeFailure{.code = "stale_probe",
                      .message = file + " carries kernels of version " + hex_of(hello.kernel_library_version) +
                                 ", and this program plans for " + hex_of(kernel_library_version()) +
                                 "; build Thimble again"};
}

}  // namespace thimble
