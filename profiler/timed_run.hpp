#pragma once
#include "profiler/firmware_image.hpp"
#include "profiler/probe.hpp"
#include "profiler/probe_session.hpp"

namespace thimble {

/// Measures a plan on a board whose firmware times its runs itself.
/// @pre  the session said hello
/// @error ProbeFailure  "stale_probe", "regions_lost", or the session's
Result<Measurement, ProbeFailure> timed_run(ProbeSession& session, const ProbeHello& hello, const FirmwareImage& image,
                                            const Board& board, const ProbePlan& plan, const RunOptions& options,
                                            const Deadline& deadline);

}  // namespace thimble
