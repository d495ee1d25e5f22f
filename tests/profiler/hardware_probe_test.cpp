#include "profiler/openocd/hardware_probe.hpp"

#include <unistd.h>

#include <fstream>
#include <set>

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "deploy/code_inventory.hpp"
#include "deploy/host_executor.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "profiler/board_target.hpp"
#include "profiler/firmware_run.hpp"
#include "profiler/measurement_store.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/stlink_board.hpp"

using namespace thimble;
using thimble::test::small_plan;
using thimble::test::StLinkBoard;

namespace {

/// The image of a board that QEMU's STM32 cannot run as it is; empty for others.
std::filesystem::path emulated_image(const std::string& board) {
  const std::filesystem::path image = THIMBLE_EMULATED_IMAGES + board + ".elf";
  return std::filesystem::exists(image) ? image : std::filesystem::path();
}

/// The core's time is a count of instructions there: the same run, the same cycles.
const std::vector<std::string> kRepeatable = {"--icount"};

}  // namespace

TEST_CASE("a board is flashed, measured and measured again by way of OpenOCD", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const auto [board, part] = GENERATE(table<std::string, std::string>({{"nucleo-f446re", "stm32f446"},
                                                                       {"nucleo-f412zg", "stm32f412"},
                                                                       {"stm32f746g-disco", "stm32f746"},
                                                                       {"nucleo-f746zg", "stm32f746"},
                                                                       {"nucleo-h743zi2", "stm32h743"},
                                                                       {"nucleo-l4r5zi", "stm32l4r5"}}));
  CAPTURE(board);
  const StLinkBoard stlink(board, part, kRepeatable);
  auto probe = std::make_unique<HardwareProbe>(stlink.board(), emulated_image(board));
  const auto first = probe->run(small_plan(), {});
  REQUIRE((first ? "" : first.error().message) == "");
  CHECK(first->provenance == Provenance::kMeasured);
  CHECK(first->cycles > 100);
  CHECK(first->layers.size() == small_plan().layers.size());
  const auto second = probe->run(small_plan(), {});
  REQUIRE(second);
  CHECK(second->cycles == first->cycles);

  CHECK(BoardLock::user_of(board) == std::to_string(getpid()));
  probe.reset();
  HardwareProbe other(stlink.board(), emulated_image(board));
  const auto third = other.run(small_plan(), {});  // finds the firmware, and does not write it again
  REQUIRE(third);
  CHECK(third->cycles == first->cycles);
}

TEST_CASE("a board's state is asked for before a measurement, and stands in it", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446", kRepeatable);
  HardwareProbe probe(stlink.board());
  CHECK_FALSE(probe.board_state());
  CHECK(key_of(small_plan(), probe, CacheState::kWarm).state.empty());
  const auto state = probe.ask_board_state({});
  REQUIRE((state ? "" : state.error().message) == "");
  // What the emulated chip has: QEMU's core, no clock to switch to, and a flash without a controller.
  CHECK(*state == BoardState{.cpuid = 0x410fc240, .clock_hz = 16000000, .clock = PROBE_CLOCK_AT_RESET});
  CHECK(*probe.board_state() == *state);
  const auto run = probe.run(small_plan(), {.cache = CacheState::kCold});
  REQUIRE(run);
  CHECK(run->state == *state);
  CHECK(run->cache == CacheState::kNone);
  CHECK(run->clock_hz == 16e6);
  CHECK(key_of(small_plan(), probe, CacheState::kWarm).text() == key_of(small_plan(), probe, *run).text());
}

TEST_CASE("warm and cold runs of a board with caches are two states, and take only what the plan takes",
          "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const auto [board, part] =
      GENERATE(table<std::string, std::string>({{"nucleo-h743zi2", "stm32h743"}, {"nucleo-l4r5zi", "stm32l4r5"}}));
  CAPTURE(board);
  const StLinkBoard stlink(board, part, kRepeatable);
  HardwareProbe probe(stlink.board(), emulated_image(board));
  const auto warm = probe.run(small_plan(), {});
  const auto cold = probe.run(small_plan(), {.cache = CacheState::kCold});
  REQUIRE((warm ? "" : warm.error().message) == "");
  REQUIRE((cold ? "" : cold.error().message) == "");
  CHECK(warm->state.flash_wait_states == 4);
  CHECK(warm->state == cold->state);
  CHECK(warm->cache == CacheState::kWarm);
  CHECK(cold->cache == CacheState::kCold);
  CHECK(key_of(small_plan(), probe, *warm).text() != key_of(small_plan(), probe, *cold).text());
  // The emulator has no caches: neither the run that warms them up nor what empties them is counted.
  CHECK(warm->cycles == cold->cycles);
  CHECK(warm->spread == 0);
  CHECK(cold->spread == 0);
}

TEST_CASE("a board's meter gives the energy of one inference, or is named", "[profiler][openocd][energy]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const StLinkBoard stlink("nucleo-f446re", "stm32f446", kRepeatable);
  const test::ScratchFolder folder;
  Board board = stlink.board();
  const auto run = [&](const std::string& script) {
    std::ofstream(folder.path() / "meter") << script;
    board.energy_command = "sh " + (folder.path() / "meter").string();
    return HardwareProbe(board).run(small_plan(), {.runs = 4});
  };
  const auto measured = run("echo ready; cat; echo 0.002");
  REQUIRE((measured ? "" : measured.error().message) == "");
  REQUIRE(measured->energy_uj);
  CHECK(*measured->energy_uj == Approx(500));  // 2 mJ of 4 inferences
  CHECK(measured->cycles == HardwareProbe(stlink.board()).run(small_plan(), {})->cycles);
  const auto broken = run("echo ready; cat; echo -1");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == "energy_meter");
  CHECK_THAT(broken.error().message, Catch::EndsWith("a number of at least 0, and printed: -1"));
}

TEST_CASE("what happens to a probe or its board costs time, not results", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  StLinkBoard stlink("nucleo-f446re", "stm32f446", kRepeatable);
  HardwareProbe probe(stlink.board());
  const auto calm = probe.run(small_plan(), {});
  REQUIRE(calm);
  for (const char* fault : {"drop", "dead", "stall", "busy", "reset", "lockup"}) {
    CAPTURE(fault);
    stlink.ask_for_fault(fault);
    const auto stormy = probe.run(small_plan(), {});
    REQUIRE((stormy ? "" : stormy.error().message) == "");
    CHECK(stormy->cycles == calm->cycles);
  }
}

TEST_CASE("with faults at random a number is right or there is none", "[.storm]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const auto cycles_of = [](const std::vector<std::string>& options, int runs) {
    const StLinkBoard stlink("nucleo-f446re", "stm32f446", options);
    HardwareProbe probe(stlink.board());
    std::vector<std::int64_t> cycles;
    for (int run = 0; run < runs; ++run) {
      const auto result = probe.run(small_plan(), {.deadline_s = 20});
      if (result)
        cycles.push_back(result->cycles);
      else
        WARN(result.error().code << ": " << result.error().message);
      if (!result) CHECK(result.error().kind == FailureKind::kBoard);
    }
    return cycles;
  };
  constexpr int kRuns = 40;
  const std::vector<std::int64_t> calm = cycles_of(kRepeatable, 1);
  REQUIRE(calm.size() == 1);
  const std::vector<std::int64_t> stormy =
      cycles_of({"--icount", "--fault-rate", "0.01", "--faults", "drop,stall,dead,lockup,reset", "--seed", "7"}, kRuns);
  CHECK(stormy.size() > kRuns * 9 / 10);
  CHECK(std::set<std::int64_t>(stormy.begin(), stormy.end()) == std::set<std::int64_t>{calm.front()});
}

TEST_CASE("a board that fails once while it is made ready costs time, not results", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const std::string fault = GENERATE("flash", "write", "voltage");
  CAPTURE(fault);
  StLinkBoard stlink("nucleo-f446re", "stm32f446");
  stlink.ask_for_fault(fault);
  HardwareProbe probe(stlink.board());
  const auto result = probe.run(small_plan(), {});
  CHECK((result ? "" : result.error().message) == "");
}

TEST_CASE("a board that goes on failing is named, with what is wrong", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  const auto [fault, words] = GENERATE(table<std::string, std::string>(
      {{"flash", "OpenOCD's program failed: stm32x device protected; failed erasing sectors 0 to 3"},
       {"write", "OpenOCD's program failed: flash write algorithm aborted by target"},
       {"voltage", "the probe measures 0.50 V at the target, which needs 1.7 V: check its power"},
       {"dead", "OpenOCD's program failed: TCP error status 0x1053"},
       {"busy", "OpenOCD finds no board: it says no more than: "}}));
  CAPTURE(fault);
  StLinkBoard stlink("nucleo-f446re", "stm32f446", {"--faults", fault, "--fault-rate", "1"});
  HardwareProbe probe(stlink.board());
  const auto result = probe.run(small_plan(), {.deadline_s = 10});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == FailureKind::kBoard);
  CHECK_THAT(result.error().message, Catch::StartsWith("nucleo-f446re: " + words));
}

TEST_CASE("a board that is not there is named", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  StLinkBoard stlink("nucleo-f446re", "stm32f446");
  Board board = stlink.board();
  SECTION("the probe's serial number is another") { board.probe_serial = "NOSUCHPROBE"; }
  SECTION("nobody is there") { stlink.kill(); }
  HardwareProbe probe(board);
  const auto result = probe.run(small_plan(), {});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == FailureKind::kBoard);
  CHECK_THAT(result.error().message, Catch::Contains("nucleo-f446re") &&
                                         Catch::Contains(board.probe_serial.empty() ? "refused" : "serial") &&
                                         Catch::Contains("plugged in (lsusb)"));
  CHECK_FALSE(is_boards_fault({.kind = FailureKind::kCandidate, .code = "fault"}));
  CHECK(is_boards_fault({.kind = FailureKind::kCandidate, .code = "timeout"}));
  CHECK(is_boards_fault(result.error()));
}

TEST_CASE("a deployed firmware is flashed and gives the reference's bits", "[profiler][openocd]") {
  THIMBLE_SKIP_WITHOUT_OPENOCD
  StLinkBoard stlink("nucleo-f446re", "stm32f446");
  const Target target = target_of(stlink.board());
  const CodeInventory inventory = measure_code(target, THIMBLE_TEST_CACHE);
  const test::RandomNetwork network = test::random_network(31);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  REQUIRE(plan);
  HostExecutor executor(*plan, network.int8);
  KnownAnswers answers;
  answers.inputs.assign(static_cast<std::size_t>(plan->input_bytes), 5);
  answers.outputs = executor.run(answers.inputs);
  const auto run = [&] {
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
    const auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    return run_firmware(built->elf, stlink.board(), 30);
  };
  const auto right = run();
  REQUIRE((right ? "" : right.error().message) == "");
  CHECK(right->answered == 1);
  CHECK(right->passed);
  answers.outputs.back() = static_cast<std::int8_t>(answers.outputs.back() + 1);
  const auto wrong = run();
  REQUIRE(wrong);
  CHECK_FALSE(wrong->passed);
  CHECK_THAT(wrong->console, Catch::Contains("1 of 1 cases failed"));
}
