#include "profiler/openocd/board_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "deploy/elf.hpp"
#include "firmware_probe/protocol.h"
#include "graph/base/error.hpp"
#include "profiler/openocd/openocd.hpp"

namespace thimble {
namespace {

/// thimble_report_words of deploy/firmware/report_board.c.
enum ReportWord {
  kMagic,
  kState,
  kCases,
  kFailures,
  kLeast,
  kMost,
  kClockHz,
  kClockSource,
  kException,
  kCfsr,
  kHfsr,
  kAddress,
  kPc,
  kLr,
  kReportWords
};
constexpr std::uint32_t kReportMagic = 0x424D4854;
enum ReportState { kRunning = 1, kPassed, kFailed, kFault };

std::uint32_t report_address(const std::filesystem::path& image) {
  const ElfFile elf = read_elf(image);
  const ElfSymbol* report = elf.find_symbol("thimble_report");
  if (report == nullptr) throw BoardError(image.string() + " leaves no report: it is no board's firmware");
  return report->value;
}

std::vector<std::uint32_t> read_report(OpenOcd& openocd, std::uint32_t address) {
  const std::vector<std::uint8_t> bytes = openocd.read(address, 4 * kReportWords);
  std::vector<std::uint32_t> words;
  for (std::size_t at = 0; at < bytes.size(); at += 4) words.push_back(probe_get_word(bytes.data() + at));
  return words;
}

ProbeFailure fault_of(const std::vector<std::uint32_t>& report) {
  return {.kind = FailureKind::kCandidate,
          .code = "fault",
          .message = fmt::format("the core took exception {} at pc 0x{:08x} (lr 0x{:08x}, address 0x{:08x}, CFSR "
                                 "0x{:08x}, HFSR 0x{:08x})",
                                 report[kException], report[kPc], report[kLr], report[kAddress], report[kCfsr],
                                 report[kHfsr])};
}

}  // namespace

Result<FirmwareRun, ProbeFailure> run_on_board(const std::filesystem::path& image, const Board& board,
                                               double deadline_s) {
  const std::uint32_t address = report_address(image);
  OpenOcd openocd(board);
  openocd.program(image);
  openocd.write_word(address, 0);  // what an earlier run left
  openocd.print_semihosting();
  openocd.reset();
  const Deadline deadline(deadline_s);
  for (;;) {
    const std::vector<std::uint32_t> report = read_report(openocd, address);
    const bool begun = report[kMagic] == kReportMagic;
    if (begun && report[kState] == kFault) return fault_of(report);
    if (begun && (report[kState] == kPassed || report[kState] == kFailed)) {
      FirmwareRun run{
          .passed = report[kState] == kPassed,
          .console = fmt::format("{}{} of {} cases failed\n", openocd.output(), report[kFailures], report[kCases]),
          .answered = static_cast<int>(report[kCases])};
      if (report[kMost] != 0) run.regions = {{.cycles = report[kLeast]}, {.cycles = report[kMost]}};
      return run;
    }
    if (deadline.expired())
      return ProbeFailure{.kind = FailureKind::kCandidate,
                          .code = "timeout",
                          .message = image.string() + " did not end its test in time; it said: " + openocd.output()};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace thimble
