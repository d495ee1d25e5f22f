#pragma once
#include "profiler/firmware_image.hpp"
#include "profiler/probe.hpp"
#include "profiler/probe_session.hpp"

namespace thimble {

/// Measures a plan on a board whose firmware times its runs itself; its energy, too, where the board names a meter.
/// @pre  the session said hello
/// @error ProbeFailure  "stale_probe", "regions_lost", "energy_meter", or the session's
Result<Measurement, ProbeFailure> timed_run(ProbeSession& session, const ProbeHello& hello, const FirmwareImage& image,
                                            const Board& board, const ProbePlan& plan, const RunOptions& options,
                                            const Deadline& deadline);

}  // namespace thimble
