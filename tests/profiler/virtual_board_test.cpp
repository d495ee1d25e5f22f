#include <signal.h>

#include <chrono>
#include <fstream>
#include <map>
#include <set>

#include "deploy/target.hpp"
#include "graph/base/error.hpp"
#include "profiler/board_target.hpp"
#include "profiler/doctor.hpp"
#include "profiler/firmware_run.hpp"
#include "profiler/measure.hpp"
#include "profiler/provenance.hpp"
#include "profiler/resources.hpp"
#include "profiler/virtual_probe.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/scratch_folder.hpp"

using namespace thimble;
using thimble::test::ScratchFolder;
using thimble::test::small_plan;

namespace {

bool found(const std::string& name) {
  for (const Tool& tool : find_tools())
    if (tool.name == name) return tool.found;
  return false;
}

bool emulator_is_missing() { return !found("qemu-system-arm"); }
bool firmware_is_missing() { return !found("share/thimble/probe-virtual-m4.elf"); }

}  // namespace

#define THIMBLE_SKIP_IF(missing, what)                \
  if (missing) {                                      \
    WARN("skipped: " what " is not on this machine"); \
    return;                                           \
  }

TEST_CASE("the cycles of a program are those calculated by hand", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing(), "qemu-system-arm");
  const std::uint16_t program[] = {0x1000, 0x2000,  // initial stack pointer 0x20001000
                                   0x0009, 0x0000,  // reset: 8, Thumb
                                   0x4c0a,          //   ldr r4, =0x20000100
                                   0xf3af, 0x80f1,  //   dbg #1
                                   0x2003,          //   movs r0, #3         1
                                   0x6821,          // l: ldr r1, [r4]       2
                                   0x6862,          //   ldr r2, [r4, #4]    1   directly after a load
                                   0x1852,          //   adds r2, r2, r1     1
                                   0x60a2,          //   str r2, [r4, #8]    1
                                   0x3801,          //   subs r0, #1         1
                                   0xd1f9,          //   bne l               1, + 2 taken
                                   0xf8d4, 0x1001,  //   ldr r1, [r4, #1]    2, + 2 a word at an odd address
                                   0x2800,          //   cmp r0, #0          1
                                   0xbf08,          //   it eq               0   folded
                                   0x3001,          //   addeq r0, #1        1
                                   0x3404,          //   adds r4, #4         1
                                   0x6821,          //   ldr r1, [r4]        2, + 1 its address was just computed
                                   0xf3af, 0x80f2,  //   dbg #2
                                   0x2018,          //   movs r0, #0x18      exit
                                   0x4901,          //   ldr r1, =0x20026    with 0
                                   0xbeab,          //   bkpt 0xab           through semihosting
                                   0x0100, 0x2000, 0x0026, 0x0002};
  ScratchFolder folder;
  const std::filesystem::path image = folder.path() / "program.bin";
  std::ofstream(image, std::ios::binary).write(reinterpret_cast<const char*>(program), sizeof program);
  const auto run = run_firmware(image, load_board("virtual-m4"), 20);
  REQUIRE(run);
  CHECK(run->exit_code == 0);
  CHECK(run->console.empty());
  // 1 + 3 (2+1+1+1+1+1) + 2 taken (2) + 4 + 1 + 0 + 1 + 1 + 3; instructions 1 + 3 * 6 + 6
  REQUIRE(run->regions == std::vector<RegionCount>{{25, 36}});
}

TEST_CASE("an image that never ends is a timeout, and one that is not there a board error", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing(), "qemu-system-arm");
  const std::uint16_t program[] = {0x1000, 0x2000, 0x0009, 0x0000, 0xe7fe};  // b .
  ScratchFolder folder;
  const std::filesystem::path image = folder.path() / "program.bin";
  std::ofstream(image, std::ios::binary).write(reinterpret_cast<const char*>(program), sizeof program);
  const auto run = run_firmware(image, load_board("virtual-m4"), 0.3);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "timeout");
  CHECK_THROWS_AS(run_firmware(folder.path() / "none.elf", load_board("virtual-m4"), 1), BoardError);
  CHECK_THROWS_AS(run_firmware(image, load_board("host"), 1), BoardError);
}

TEST_CASE("two runs of a plan on the virtual board take the same cycles", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  const std::unique_ptr<Probe> probe = make_probe(load_board("virtual-m4"));
  const auto first = probe->run(small_plan(), {}), second = probe->run(small_plan(), {});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
  CHECK(*first == *make_probe(load_board("virtual-m4"))->run(small_plan(), {}));  // in another emulator too
  CHECK(first->provenance == Provenance::kModelled);
  CHECK(first->runs == 3);
  CHECK(first->spread == 0);
  CHECK(first->instructions > 0);
  CHECK(first->cycles > first->instructions / 2);
  CHECK(first->latency_us == Approx(static_cast<double>(first->cycles) / 120));
  CHECK(first->state.cpuid == 0x410fc240);  // Cortex-M4 r0p0
  CHECK(first->stack_bytes > 0);
  CHECK(first->stack_bytes <= THIMBLE_STACK_BYTES);
}

TEST_CASE("the cycles of the layers add up to the total", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  const auto run = make_probe(load_board("virtual-m4"))->run(small_plan(), {});
  REQUIRE(run);
  REQUIRE(run->layers.size() == 2);
  std::int64_t sum = 0;
  for (const LayerMeasurement& layer : run->layers) sum += layer.cycles;
  // Calls and the loop over layers are all that differs: some tens of cycles a layer.
  CHECK(std::abs(run->cycles - sum) <= 50 * 2);
}

TEST_CASE("what the virtual board refuses is named, and the next plan runs", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  const std::unique_ptr<Probe> probe = make_probe(load_board("virtual-m4"));
  ProbePlan unknown = small_plan(), large = small_plan();
  unknown.layers[0].words[0] = 1000;
  large.arena_bytes = 64 << 20;
  const auto first = probe->run(unknown, {}), second = probe->run(large, {});
  REQUIRE_FALSE(first);
  CHECK(first.error().code == "unknown_kernel");
  CHECK(first.error().layer == 0);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "arena_too_large");
  CHECK(second.error().kind == FailureKind::kCandidate);
  CHECK(probe->run(small_plan(), {}));
}

TEST_CASE("a plan that takes longer than its deadline is a timeout, and the next plan runs", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  const std::unique_ptr<Probe> probe = make_probe(load_board("virtual-m4"));
  REQUIRE(probe->run(small_plan(), {}));
  const auto timeout = probe->run(small_plan(), {.runs = 1000000, .deadline_s = 0.3});
  REQUIRE_FALSE(timeout);
  CHECK(timeout.error().code == "timeout");
  CHECK(probe->run(small_plan(), {}));
}

TEST_CASE("an emulator that dies is started again", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  VirtualProbe probe(load_board("virtual-m4"));
  CHECK(probe.state() == SessionState::kOff);
  const auto before = probe.run(small_plan(), {});
  REQUIRE(before);
  CHECK(probe.state() == SessionState::kMeasured);
  const pid_t first = *probe.emulator_id();
  kill(first, SIGKILL);
  const auto after = probe.run(small_plan(), {});
  REQUIRE(after);
  CHECK(*after == *before);
  CHECK(*probe.emulator_id() != first);
}

TEST_CASE("an emulator that cannot run at all is a board error with its own words", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  Board board = load_board("virtual-m4");
  board.qemu_machine = "no-such-machine";
  CHECK_THROWS_WITH(VirtualProbe(board), Catch::Matchers::Contains("no probe firmware for the machine"));
  const std::filesystem::path image = find_resource("share/thimble/probe-virtual-m4.elf");
  const auto run = run_firmware(image, board, 5);
  REQUIRE(run);
  CHECK(run->exit_code != 0);
  CHECK(run->console.find("unsupported machine type") != std::string::npos);
  board = load_board("virtual-m4");
  board.core = "cortex-m7";
  CHECK_THROWS_WITH(VirtualProbe(board), Catch::Matchers::Contains("the core of mps2-an386 is a cortex-m4"));
}

TEST_CASE("a candidate of 60 layers needs no new emulator, and far less than a second", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  VirtualProbe probe(load_board("virtual-m4"));
  REQUIRE(probe.run(small_plan(), {}));
  const pid_t emulator = *probe.emulator_id();
  ProbePlan plan = small_plan();
  while (plan.layers.size() < 60) plan.layers.push_back(plan.layers[plan.layers.size() - 2]);
  const auto begin = std::chrono::steady_clock::now();
  const auto measured = measure(plan, probe, store);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  REQUIRE(measured);
  CHECK(measured->layers.size() == 60);
  CHECK(*probe.emulator_id() == emulator);
  CHECK(seconds.count() < 2);  // 0.04 on an idle machine; a rebuild or a reflash would show
}

TEST_CASE("the probes' kernels are compiled as those of an exported firmware", "[profiler]") {
  for (const std::string& machine : machine_names()) {
    const Target target = *machine_target(machine);
    const std::string flags = " " + firmware_flags(target.board) + " ";
    if (flags == "  ") continue;  // built without a cross compiler
    CAPTURE(target.board);
    for (const std::string& flag : compiler_flags(target)) {
      CAPTURE(flag);
      CHECK(flags.find(" " + flag + " ") != std::string::npos);
    }
  }
}

TEST_CASE("every virtual board runs a plan, exact in instructions and the same each time", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  const std::map<std::string, std::uint32_t> parts = {
      {"virtual-m3", 0xc23}, {"virtual-m4", 0xc24}, {"virtual-m7", 0xc27}, {"virtual-m55", 0xd22}};
  std::map<std::string, std::int64_t> cycles;
  for (const auto& [name, part] : parts) {
    CAPTURE(name);
    const auto first = make_probe(load_board(name))->run(small_plan(), {});
    REQUIRE(first);
    CHECK((first->state.cpuid >> 4 & 0xfff) == part);
    CHECK(first->spread == 0);
    CHECK(first->stack_bytes <= THIMBLE_STACK_BYTES);
    const auto second = make_probe(load_board(name))->run(small_plan(), {});
    REQUIRE(second);
    CHECK(*first == *second);
    cycles[name] = first->cycles;
  }
  CHECK(cycles["virtual-m3"] > cycles["virtual-m4"]);  // no DSP instructions
  CHECK(cycles["virtual-m7"] < cycles["virtual-m4"]);  // two instructions a cycle
}

TEST_CASE("a virtual board may stand for one with less memory", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(firmware_is_missing(), "the probe firmware");
  Board board = load_board("virtual-m7");
  board.ram_size_kb = 320;
  board.flash_size_kb = 1024;
  CHECK(target_of(board).ram.bytes == 320 * 1024);
  CHECK(target_of(board).flash.bytes == 1024 * 1024);
  ProbePlan plan = small_plan();
  plan.arena_bytes = 320 * 1024 + 8;
  const auto failure = make_probe(board)->run(plan, {});
  REQUIRE_FALSE(failure);
  CHECK(failure.error().code == "arena_too_large");
  CHECK(failure.error().kind == FailureKind::kCandidate);
  board.ram_size_kb = 5000;
  CHECK_THROWS_WITH(target_of(board), Catch::Matchers::Contains("ram_size_kb"));
}

TEST_CASE("a measurement's key changes with the cycle model's core and the firmware", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(firmware_is_missing(), "the probe firmware");
  std::set<std::string> keys;
  for (const char* name : {"virtual-m3", "virtual-m4", "virtual-m7", "virtual-m55"})
    keys.insert(make_probe(load_board(name))->firmware_hash());
  CHECK(keys.size() == 4);
  CHECK(keys.count(make_probe(load_board("virtual-m4"))->firmware_hash()) == 1);
}

TEST_CASE("a virtual board has no caches: cold is warm, and it says so", "[profiler][virtual]") {
  THIMBLE_SKIP_IF(emulator_is_missing() || firmware_is_missing(), "the probe firmware or its emulator");
  for (const char* name : {"virtual-m4", "virtual-m7"}) {
    CAPTURE(name);
    const std::unique_ptr<Probe> probe = make_probe(load_board(name));
    const auto warm = probe->run(small_plan(), {});
    const auto cold = probe->run(small_plan(), {.cache = CacheState::kCold});
    REQUIRE(warm);
    REQUIRE(cold);
    CHECK(*warm == *cold);
    CHECK(warm->cache == CacheState::kNone);
    CHECK(warm->state == BoardState{.cpuid = warm->state.cpuid});
    CHECK(key_text(warm->state, warm->cache) == "state=no_clock,0ws cache=none");
    CHECK(key_text(*probe->board_state(), CacheState::kCold) == "state=no_clock,0ws cache=none");
  }
}

TEST_CASE("the host runs the same plan by wall clock", "[profiler]") {
  const auto cold = make_probe(load_board("host"))->run(small_plan(), {.cache = CacheState::kCold});
  REQUIRE_FALSE(cold);
  CHECK(cold.error().code == "no_cold_runs");
  const auto run = make_probe(load_board("host"))->run(small_plan(), {});
  REQUIRE(run);
  CHECK(run->cache == CacheState::kWarm);
  CHECK(run->provenance == Provenance::kMeasured);
  CHECK(run->cycles > 0);
  CHECK(run->layers.size() == 2);
  ProbePlan bad = small_plan();
  bad.layers[1].words[0] = 1000;
  const auto failure = make_probe(load_board("host"))->run(bad, {});
  REQUIRE_FALSE(failure);
  CHECK(failure.error().code == "bad_layer");
  CHECK(failure.error().layer == 1);
}
