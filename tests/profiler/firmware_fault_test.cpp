#include <sys/resource.h>

#include "graph/base/error.hpp"
#include "profiler/emulator.hpp"
#include "profiler/probe_session.hpp"
#include "profiler/provenance.hpp"
#include "profiler/virtual_probe.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/faulty_plan.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

Result<ProbeRun, ProbeFailure> run(ProbeSession& session, const ProbePlan& plan, double deadline_s = 10) {
  const Deadline deadline(deadline_s);
  const auto hello = session.hello(deadline);
  if (!hello) return hello.error();
  const auto loaded = session.load(plan, deadline);
  if (!loaded) return loaded.error();
  return session.run({.runs = 1}, deadline);
}

ProbeFailure failure_of(ProbeSession& session, const ProbePlan& plan, double deadline_s = 10) {
  const auto result = run(session, plan, deadline_s);
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

TEST_CASE("whatever a kernel breaks, the probe says what it was and goes on", "[profiler][virtual]") {
  Emulator emulator(load_board("virtual-m4"), THIMBLE_FAULTY_FIRMWARE);
  ProbeSession session(emulator);
  const auto uses_stack = [&](std::uint32_t calls) { return run(session, faulty_plan(kUseStack, calls)); };

  const auto one = uses_stack(1), two = uses_stack(2);
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->stack_bytes >= 1024);
  CHECK(two->stack_bytes - one->stack_bytes >= 1024);
  CHECK(two->stack_bytes - one->stack_bytes < 1024 + 128);

  CHECK(failure_of(session, faulty_plan(kReadNowhere)).message.find("the core took a bus fault at pc 0x0000") == 0);
  CHECK(failure_of(session, faulty_plan(kReadNowhere)).message.find("address 0x30000000") != std::string::npos);
  CHECK(failure_of(session, faulty_plan(kUndefined)).message.find("the core took a usage fault at pc 0x0000") == 0);
  CHECK(failure_of(session, faulty_plan(kUndefined)).kind == FailureKind::kCandidate);

  const ProbeFailure before = failure_of(session, faulty_plan(kWriteBefore));
  CHECK(before.code == "arena_overrun");
  CHECK(before.message == "a kernel wrote outside the arena (1: before it, 2: behind it: 1)");
  CHECK(failure_of(session, faulty_plan(kWriteBehind)).message.find("behind it: 2)") != std::string::npos);

  // 15 calls of 1 KiB and some reach the last words of the 16 KiB; 40 leave the RAM.
  CHECK(failure_of(session, faulty_plan(kUseStack, 40)).code == "fault");
  CHECK(uses_stack(1)->stack_bytes == one->stack_bytes);
}

TEST_CASE("a kernel that never ends is a timeout", "[profiler][virtual]") {
  Emulator emulator(load_board("virtual-m4"), THIMBLE_FAULTY_FIRMWARE);
  ProbeSession session(emulator);
  CHECK(failure_of(session, faulty_plan(kNeverEnd), 0.5).code == "timeout");
}

TEST_CASE("a probe that carries other kernels is named, and nothing is run on it", "[profiler][virtual]") {
  VirtualProbe probe(load_board("virtual-m4"), THIMBLE_FAULTY_FIRMWARE);  // of kernel version 0
  const auto result = probe.run(faulty_plan(kUseStack), {});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == FailureKind::kBoard);
  CHECK(result.error().code == "stale_probe");
  CHECK(result.error().message == THIMBLE_FAULTY_FIRMWARE
                                      " carries kernels of version 00000000, and this program plans for " +
                                      hex_of(kernel_library_version()) + "; build Thimble again");
  CHECK_FALSE(probe.emulator_id());
}

TEST_CASE("an emulator that gets no sockets is a board error", "[profiler][virtual]") {
  const Board board = load_board("virtual-m4");
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  const rlimit few{4, files.rlim_max};  // three are open, and one stays free
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  CHECK_THROWS_AS(Emulator(board, THIMBLE_FAULTY_FIRMWARE), BoardError);
  CHECK_THROWS_WITH(Emulator(board, THIMBLE_FAULTY_FIRMWARE), "virtual-m4: cannot make a socket: Too many open files");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
}
