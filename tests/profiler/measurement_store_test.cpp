#include "profiler/measurement_store.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "graph/base/error.hpp"
#include "profiler/measure.hpp"
#include "profiler/statistics.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/scratch_folder.hpp"

using namespace thimble;
using thimble::test::ScratchFolder;
using thimble::test::small_plan;

namespace {

Measurement example() {
  Measurement m;
  m.board = "virtual-m4";
  m.provenance = Provenance::kModelled;
  m.cycles = 123456789012;
  m.instructions = 42;
  m.clock_hz = 120e6;
  m.latency_us = 1.0 / 3;
  m.runs = 3;
  m.spread = 0.01;
  m.stack_bytes = 400;
  m.arena_bytes = 1000;
  m.layers = {{"first", "conv2d", 100, 200, 150}, {"second", "add", 0, 20, 15}};
  m.firmware_hash = "f00d";
  m.kernel_library_version = "0000beef";
  m.compiler = "gcc";
  m.compiler_flags = "-O2 'quoted'";
  m.git_hash = "abc";
  m.probe_serial = "0669";
  m.cpuid = 0xffffffff;
  return m;
}

MeasurementKey key(int number) {
  return {.plan_hash = std::to_string(number), .board_type = "virtual-m4", .firmware_hash = "f", .clock_hz = 120e6};
}

/// Answers with what it is told, and counts how often it is asked.
class ScriptedProbe : public Probe {
 public:
  explicit ScriptedProbe(std::vector<double> spreads) : spreads_(std::move(spreads)) { board_.name = "scripted"; }
  const Board& board() const override { return board_; }
  std::string firmware_hash() const override { return "scripted"; }
  Result<Measurement, ProbeFailure> run(const ProbePlan&, const RunOptions&) override {
    Measurement m = example();
    m.spread = spreads_.at(static_cast<std::size_t>(asked++));
    if (m.spread < 0) return ProbeFailure{.code = "timeout"};
    return m;
  }
  int asked = 0;

 private:
  Board board_;
  std::vector<double> spreads_;
};

}  // namespace

TEST_CASE("a measurement comes back as it was stored, and the first one stays", "[profiler][store]") {
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  CHECK_FALSE(store.find(key(1)));
  CHECK(store.put(key(1), example()));
  Measurement other = example();
  other.cycles = 1;
  CHECK_FALSE(store.put(key(1), other));
  REQUIRE(store.find(key(1)));
  CHECK(*store.find(key(1)) == example());
  CHECK_FALSE(store.find(key(2)));
  CHECK(store.count() == 1);
}

TEST_CASE("what was stored is there when the file is opened again", "[profiler][store]") {
  ScratchFolder folder;
  { MeasurementStore(folder.path() / "run.sqlite").put(key(1), example()); }
  MeasurementStore store(folder.path() / "run.sqlite");
  CHECK(*store.find(key(1)) == example());
}

TEST_CASE("a writer that is killed leaves all that it stored, whole", "[profiler][store]") {
  ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "run.sqlite";
  for (int round = 0; round < 5; ++round) {
    int stored[2];
    REQUIRE(pipe(stored) == 0);
    const pid_t writer = fork();
    if (writer == 0) {
      MeasurementStore store(file);
      for (int i = 0; store.put(key(round * 1000000 + i), example()) && write(stored[1], "+", 1) == 1; ++i) {
      }
      _exit(1);
    }
    close(stored[1]);
    int promised = 0;
    for (char mark; promised < 10 + round && read(stored[0], &mark, 1) == 1;) ++promised;
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    close(stored[0]);
    MeasurementStore store(file);
    int found = 0;
    for (; store.find(key(round * 1000000 + found)); ++found)
      REQUIRE(*store.find(key(round * 1000000 + found)) == example());
    CHECK(promised == 10 + round);
    CHECK(found >= promised);
  }
}

TEST_CASE("a store that cannot be used names the file and the cause", "[profiler][store]") {
  ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "run.sqlite";
  SECTION("it is no database") {
    std::ofstream(file) << "this is not a database, and long enough to be sure of it";
    CHECK_THROWS_WITH(MeasurementStore(file),
                      Catch::Matchers::StartsWith(file.string() + ": ") && Catch::Matchers::Contains("not a database"));
  }
  SECTION("its folder does not exist") {
    CHECK_THROWS_WITH(MeasurementStore(folder.path() / "no" / "run.sqlite"),
                      Catch::Matchers::Contains("unable to open database file"));
  }
  SECTION("the disk is full") {
    struct FullDisk {  // no file of ours may grow any more
      FullDisk() {
        getrlimit(RLIMIT_FSIZE, &before);
        signal(SIGXFSZ, SIG_IGN);
        const rlimit none{0, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
      }
      ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before); }
      rlimit before;
    };
    MeasurementStore store(file);
    store.put(key(1), example());
    {
      FullDisk full;
      CHECK_THROWS_AS(
          [&] {
            for (int i = 2; i < 1000; ++i) store.put(key(i), example());
          }(),
          Error);
    }
    CHECK(*store.find(key(1)) == example());
    CHECK(store.put(key(5000), example()));
  }
}

TEST_CASE("nothing is measured twice", "[profiler][measure]") {
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  ScriptedProbe probe({0.0});
  REQUIRE(measure(small_plan(), probe, store));
  REQUIRE(measure(small_plan(), probe, store));
  CHECK(probe.asked == 1);
  CHECK(store.count() == 1);
}

TEST_CASE("an unsteady measurement is repeated, and the steadiest is kept", "[profiler][measure]") {
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  SECTION("until it is steady") {
    ScriptedProbe probe({0.10, 0.09});
    CHECK(measure(small_plan(), probe, store)->spread == 0.09);
    CHECK(probe.asked == 2);
  }
  SECTION("twice at most") {
    ScriptedProbe probe({0.5, 0.2, 0.3});
    CHECK(measure(small_plan(), probe, store)->spread == 0.2);
    CHECK(probe.asked == 3);
  }
  SECTION("a failure is handed on and not stored") {
    ScriptedProbe probe({-1});
    CHECK(measure(small_plan(), probe, store).error().code == "timeout");
    CHECK(store.count() == 0);
  }
}

TEST_CASE("the median is a value that was seen, the spread its range", "[profiler][measure]") {
  const RunStatistics odd = statistics_of({30, 10, 20});
  CHECK(odd.median == 20);
  CHECK(odd.median_index == 2);
  CHECK(odd.spread == 1.0);  // (30 - 10) / 20
  CHECK(statistics_of({10, 20}).median == 10);
  CHECK(statistics_of({7}).spread == 0);
}
