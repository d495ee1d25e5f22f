#include <fstream>
#include <regex>

#include "profiler/openocd/hardware_probe.hpp"
#include "profiler/uart/uart_probe.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/faulty_plan.hpp"
#include "tests/profiler/pty_port.hpp"
#include "tests/profiler/stlink_board.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

ProbeFailure failure_of(Probe& probe, FaultyKernel kernel, std::uint32_t calls = 0) {
  const auto result = probe.run(faulty_plan(kernel, calls), {.runs = 1, .per_layer = false, .deadline_s = 2});
  REQUIRE_FALSE(result);
  INFO(result.error().message);
  CHECK(result.error().kind == FailureKind::kCandidate);
  return result.error();
}

void check_reports(Probe& probe) {
  const auto runs = [&] { return probe.run(faulty_plan(kUseStack, 1), {.runs = 1}).has_value(); };
  CHECK(runs());
  CHECK_THAT(failure_of(probe, kReadNowhere).message, Catch::StartsWith("the core took a bus fault at pc 0x0800"));
  CHECK_THAT(failure_of(probe, kUndefined).message, Catch::StartsWith("the core took a usage fault at pc 0x0800"));
  CHECK(failure_of(probe, kWriteBehind).code == "arena_overrun");
  const ProbeFailure hung = failure_of(probe, kNeverEnd);
  CHECK(hung.code == "hung");
  CHECK_THAT(hung.message, Catch::StartsWith("a kernel does not end: it was at pc 0x0800"));
  CHECK(runs());
}

}  // namespace

TEST_CASE("whatever a kernel breaks on a real board, the probe says what it was and goes on", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const ScratchFolder folder;
  const StLinkBoard stlink("nucleo-f446re", "stm32f446", {"--uart", (folder.path() / "port").string()});
  HardwareProbe through_memory(stlink.board(), THIMBLE_FAULTY_BOARD_FIRMWARE);
  check_reports(through_memory);
  Board board = stlink.board();
  board.openocd_config.clear();
  board.uart_port_wildcard = port_name(folder.path() / "port");
  UartProbe over_uart(board, THIMBLE_FAULTY_BOARD_FIRMWARE);
  check_reports(over_uart);
}

TEST_CASE("what breaks while caches are warmed up is reported, too", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-l4r5zi", "stm32l4r5");
  HardwareProbe probe(stlink.board(), THIMBLE_FAULTY_CACHED_FIRMWARE);
  REQUIRE(probe.ask_board_state({}));
  CHECK(probe.board_state()->has_caches());
  check_reports(probe);
}

TEST_CASE("a pin is high while a region is timed, and the watchdog is fed", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const ScratchFolder folder;
  const std::filesystem::path log = folder.path() / "peripherals";
  const StLinkBoard stlink("nucleo-f446re", "stm32f446", {"--log", log.string()});
  HardwareProbe probe(stlink.board());
  const auto result = probe.run(small_plan(), {.runs = 3});
  REQUIRE((result ? "" : result.error().message) == "");
  std::ifstream file(log);
  const std::string port = "GPIOB: unimplemented device write (size 4, offset 0x018, value ";
  const std::string watchdog = "offset 0x000, value ";  // of no device that this QEMU knows by its right name
  int pin = -1, pulses = 0, starts = 0, feeds = 0;
  for (std::string line; std::getline(file, line);) {
    const auto says = [&](const std::string& what) { return line.find(what) != std::string::npos; };
    if (says(port + "0x00000020)")) {
      CHECK(pin == 0);
      pin = 1;
    } else if (says(port + "0x00200000)")) {
      pulses += pin == 1;
      pin = 0;
    }
    starts += says(watchdog + "0x0000cccc)");
    feeds += says(watchdog + "0x0000aaaa)");
  }
  CHECK(pulses == 1 + 3 + static_cast<int>(small_plan().layers.size()));  // the first at the start, of nothing
  CHECK(starts == 1);
  CHECK(feeds > pulses);
}
