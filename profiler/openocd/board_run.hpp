#pragma once
#include "profiler/firmware_run.hpp"

namespace thimble {

/// Flashes an exported firmware onto a real board by way of OpenOCD, lets it run its known-answer test, and reads the
/// report that it leaves in the RAM (deploy/firmware/report_board.c). Its text comes over semihosting.
/// @error ProbeFailure  kCandidate, "timeout": the test does not end in time; "fault": the core took one
/// @error BoardError    OpenOCD, the probe or the board
Result<FirmwareRun, ProbeFailure> run_on_board(const std::filesystem::path& image, const Board& board,
                                               double deadline_s);

}  // namespace thimble
