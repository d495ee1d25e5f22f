#include "profiler/firmware_run.hpp"

#include "graph/base/error.hpp"
#include "profiler/openocd/board_run.hpp"

namespace thimble {

Result<FirmwareRun, ProbeFailure> run_firmware(const std::filesystem::path& image, const Board& board,
                                               double deadline_s) {
  if (board.kind() == BoardKind::kHardware) {
    if (board.openocd_config.empty())
      throw BoardError(board.name + " names no openocd_config: a firmware is written and run through OpenOCD alone");
    return run_on_board(image, board, deadline_s);
  }
  Emulator emulator(board, image);
  const std::optional<int> code = emulator.wait(Deadline(deadline_s));
  if (!code)
    return ProbeFailure{.kind = FailureKind::kCandidate,
                        .code = "timeout",
                        .message = image.string() + " did not exit within its deadline; it said: " + emulator.output()};
  FirmwareRun run{.exit_code = *code, .console = emulator.output(), .regions = emulator.take_regions()};
  run.passed = run.exit_code == 0 && run.console.find("KAT ok") != std::string::npos;
  run.answered = static_cast<int>(run.regions.size());
  return run;
}

}  // namespace thimble
