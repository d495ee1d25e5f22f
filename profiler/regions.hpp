#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "profiler/probe.hpp"
#include "profiler/probe_session.hpp"

namespace thimble {

/// What was counted in a timed region.
struct RegionCount {
  std::uint64_t instructions = 0, cycles = 0;  ///< instructions: 0 where nobody counts them

  bool operator==(const RegionCount&) const = default;
};

/// A measurement that only lacks its numbers: of a plan on a board, by the firmware that said hello.
/// @param image          name of the probe firmware, "virtual-m4"
/// @param firmware_hash  of its file
Measurement begun_measurement(const ProbePlan& plan, const Board& board, const std::string& image,
                              const std::string& firmware_hash, const ProbeHello& hello, const RunOptions& options);

/// As a probe is asked for it.
ProbeRequest request_of(probe_mode mode, int runs, const RunOptions& options);

/// Runs the loaded plan in a mode so many times: one count per timed region, the stack into the measurement.
using RunRegions =
    std::function<Result<std::vector<RegionCount>, ProbeFailure>(probe_mode mode, int runs, std::size_t expected)>;

/// The numbers: of whole inferences, and of one layer by layer where the options want it.
/// @error ProbeFailure  that of run
Result<Measurement, ProbeFailure> measure_regions(const ProbePlan& plan, const RunOptions& options,
                                                  Measurement& measurement, const RunRegions& run);

/// The plan needs more memory than the board has: nothing to try.
std::optional<ProbeFailure> too_large_for(const ProbePlan& plan, const Board& board);

/// The firmware in `file` carries other kernels than those this program plans for.
std::optional<ProbeFailure> stale_firmware(const std::string& file, const ProbeHello& hello);

}  // namespace thimble
