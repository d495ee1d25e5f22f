#include "profiler/measurement_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
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
  m.state = {.cpuid = 0xffffffff,
             .clock_hz = 120000000,
             .clock = PROBE_CLOCK_INTERNAL,
             .flash_wait_states = 5,
             .memory = PROBE_FLASH_INSTRUCTION_CACHE | PROBE_FLASH_PREFETCH};
  m.cache = CacheState::kCold;
  m.energy_uj = 12.5;
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
  std::optional<BoardState> board_state() const override { return now; }
  Result<Measurement, ProbeFailure> run(const ProbePlan&, const RunOptions& options) override {
    Measurement m = example();
    m.state = now;
    m.cache = cache_state_of(now, options.cache);
    m.energy_uj = energy_uj;
    m.spread = spreads_.at(static_cast<std::size_t>(asked++));
    if (m.spread < 0) return ProbeFailure{.code = "timeout"};
    return m;
  }
  int asked = 0;
  BoardState now;
  std::optional<double> energy_uj;
  Board board_;

 private:
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

TEST_CASE("two states of a board never share a number", "[profiler][measure]") {
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  ScriptedProbe probe({0, 0, 0, 0, 0});
  const auto cache_of = [&](CacheState cache) { return measure(small_plan(), probe, store, {.cache = cache})->cache; };
  CHECK(cache_of(CacheState::kWarm) == CacheState::kNone);
  CHECK(cache_of(CacheState::kCold) == CacheState::kNone);
  CHECK(probe.asked == 1);
  probe.now.memory = PROBE_DATA_CACHE;
  CHECK(cache_of(CacheState::kWarm) == CacheState::kWarm);
  CHECK(cache_of(CacheState::kCold) == CacheState::kCold);
  CHECK(cache_of(CacheState::kWarm) == CacheState::kWarm);
  CHECK(probe.asked == 3);
  probe.now.flash_wait_states = 1;
  CHECK(cache_of(CacheState::kCold) == CacheState::kCold);
  CHECK(probe.asked == 4);
  CHECK(store.count() == 4);
}

TEST_CASE("what was measured before the board had a meter is measured for its energy once", "[profiler][measure]") {
  ScratchFolder folder;
  MeasurementStore store(folder.path() / "run.sqlite");
  ScriptedProbe probe({0, 0});
  CHECK_FALSE(measure(small_plan(), probe, store)->energy_uj);
  probe.board_.energy_command = "meter";
  probe.energy_uj = 7;
  for (int i = 0; i < 3; ++i) CHECK(measure(small_plan(), probe, store)->energy_uj == 7);
  CHECK(probe.asked == 2);
  CHECK(store.count() == 1);
}

TEST_CASE("a key that knows no state covers those of all states", "[profiler][store]") {
  MeasurementKey all = key(1), one = key(1);
  one.state = key_text(BoardState{}, CacheState::kWarm);
  CHECK(all.covers(one.text()));
  CHECK(one.covers(one.text()));
  CHECK_FALSE(one.covers(all.text()));
  CHECK_FALSE(key(2).covers(one.text()));
  one.clock_hz = 12e6;
  CHECK_FALSE(all.covers(one.text()));
}

TEST_CASE("a file of an earlier version is read, and takes what it had no place for", "[profiler][store]") {
  ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "run.sqlite";
  MeasurementStore(file).put(key(1), example());
  {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    for (const char* column : {"clock_source", "flash_wait_states", "memory", "cache", "energy_uj"})
      database.exec(std::string("ALTER TABLE measurements DROP COLUMN ") + column);
  }
  MeasurementStore store(file);
  REQUIRE(store.find(key(1)));
  CHECK(store.find(key(1))->cycles == example().cycles);
  CHECK(store.find(key(1))->state.clock == PROBE_CLOCK_NONE);
  CHECK_FALSE(store.find(key(1))->energy_uj);
  CHECK(store.put(key(2), example()));
  CHECK(*store.find(key(2)) == example());
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
