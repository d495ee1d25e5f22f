#include "profiler/firmware_run.hpp"

namespace thimble {

Result<FirmwareRun, ProbeFailure> run_firmware(const std::filesystem::path& image, const Board& board,
                                               double deadline_s) {
  Emulator emulator(board, image);
  const std::optional<int> code = emulator.wait(Deadline(deadline_s));
  if (!code)
    return ProbeFailure{.kind = FailureKind::kCandidate,
                        .code = "timeout",
                        .message = image.string() + " did not exit within its deadline; it said: " + emulator.output()};
  return FirmwareRun{.exit_code = *code, .console = emulator.output(), .regions = emulator.take_regions()};
}

}  // namespace thimble
