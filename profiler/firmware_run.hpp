#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "profiler/emulator.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// What an image did on a board.
struct FirmwareRun {
  int exit_code = 0;    ///< of a virtual board: how the firmware ended the emulation
  bool passed = false;  ///< every known-answer case gave the expected bytes
  std::string console;  ///< the last 64 KiB
  int answered = 0;     ///< known-answer cases that it ran
  /// A virtual board's, between `dbg #1` and `dbg #2`, in order: one per inference; a real board's fastest and slowest.
  std::vector<RegionCount> regions{};
};

/// Runs an exported firmware until its known-answer test has ended: on a virtual board, or on a real one by way of
/// OpenOCD.
/// @error ProbeFailure  kCandidate, "timeout": it does not end in time; "fault": the core took one
/// @error BoardError    the emulator, the cycle model, OpenOCD, the board or the image is missing
Result<FirmwareRun, ProbeFailure> run_firmware(const std::filesystem::path& image, const Board& board,
                                               double deadline_s);

}  // namespace thimble
