#include "profiler/timed_run.hpp"

#include <algorithm>

#include "profiler/energy_meter.hpp"
#include "profiler/regions.hpp"

namespace thimble {
namespace {

constexpr double kShareOfDeadline = 0.75;  // the firmware's report of a kernel that hangs is to come before ours

/// Cycles until then at the fastest the board may run; the counter holds no more than 32 bits.
std::uint32_t most_cycles(const ProbeHello& hello, const Board& board, const Deadline& deadline) {
  const double hz = std::max(board.clock_hz(), static_cast<double>(hello.state.clock_hz));
  const double cycles = kShareOfDeadline * deadline.remaining_ms() / 1e3 * hz;
  return static_cast<std::uint32_t>(std::clamp(cycles, 1.0, 4294967295.0));
}

Result<std::vector<RegionCount>, ProbeFailure> timed_regions(ProbeSession& session, const ProbeRequest& request,
                                                             std::size_t expected, Measurement& measurement,
                                                             const Deadline& deadline) {
  const auto run = session.run(request, deadline);
  if (!run) return run.error();
  if (run->cycles.size() != expected)
    return ProbeFailure{.code = "regions_lost",
                        .message = "of " + std::to_string(expected) + " timed regions the probe measured " +
                                   std::to_string(run->cycles.size())};
  measurement.stack_bytes = std::max<std::int64_t>(measurement.stack_bytes, run->stack_bytes);
  std::vector<RegionCount> regions;
  for (const std::uint32_t cycles : run->cycles) regions.push_back({.cycles = cycles});
  return regions;
}

/// The same, while the board's energy meter watches.
Result<std::vector<RegionCount>, ProbeFailure> metered_regions(ProbeSession& session, const Board& board,
                                                               const ProbeRequest& request, std::size_t expected,
                                                               Measurement& measurement, const Deadline& deadline) {
  Result<EnergyMeter, ProbeFailure> meter = EnergyMeter::start(board);
  if (!meter) return meter.error();
  const auto regions = timed_regions(session, request, expected, measurement, deadline);
  if (!regions) return regions;
  const auto joules = meter->joules();
  if (!joules) return joules.error();
  measurement.energy_uj = *joules / request.runs * 1e6;
  return regions;
}

}  // namespace

Result<Measurement, ProbeFailure> timed_run(ProbeSession& session, const ProbeHello& hello, const FirmwareImage& image,
                                            const Board& board, const ProbePlan& plan, const RunOptions& options,
                                            const Deadline& deadline) {
  if (auto failure = stale_firmware(image.file.string(), hello)) return *failure;
  const auto loaded = session.load(plan, deadline);
  if (!loaded) return loaded.error();
  Measurement measurement = begun_measurement(plan, board, image.name, image.hash, hello, options);
  return measure_regions(plan, options, measurement, [&](probe_mode mode, int runs, std::size_t expected) {
    ProbeRequest request = request_of(mode, runs, options);
    request.most_cycles = most_cycles(hello, board, deadline);
    if (mode == PROBE_TOTAL && options.metered && !board.energy_command.empty())
      return metered_regions(session, board, request, expected, measurement, deadline);
    return timed_regions(session, request, expected, measurement, deadline);
  });
}

}  // namespace thimble
