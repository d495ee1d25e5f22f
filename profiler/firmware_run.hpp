#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "profiler/emulator.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// What an image did on a virtual board.
struct FirmwareRun {
  int exit_code = 0;
  std::string console;               ///< the last 64 KiB
  std::vector<RegionCount> regions;  ///< between `dbg #1` and `dbg #2`, in order: one per inference
};

/// Runs an exported firmware until it exits through semihosting.
/// @error ProbeFailure  kCandidate, "timeout": it does not exit in time
/// @error BoardError    the emulator, the cycle model or the image is missing
Result<FirmwareRun, ProbeFailure> run_firmware(const std::filesystem::path& image, const Board& board,
                                               double deadline_s);

}  // namespace thimble
