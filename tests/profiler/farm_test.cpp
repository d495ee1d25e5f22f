#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "graph/base/rng.hpp"
#include "graph/base/run_process.hpp"
#include "profiler/board_registry.hpp"
#include "profiler/farm/canary.hpp"
#include "profiler/farm/power.hpp"
#include "profiler/farm/sweep.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"
#include "tests/profiler/scratch_folder.hpp"

using namespace thimble;
using thimble::test::ScratchFolder;
using thimble::test::small_plan;

namespace {

/// A plan that differs from all others by its name, as a candidate.
ProbePlan plan_named(const std::string& candidate) {
  ProbePlan plan = small_plan();
  plan.arena_bytes += static_cast<std::int64_t>(fnv1a64(candidate) % (std::uint64_t{1} << 40));
  return plan;
}

std::int64_t cycles_of(const ProbePlan& plan) { return 1000 + plan.arena_bytes; }

Measurement measurement_of(const ProbePlan& plan, const Board& board) {
  Measurement m;
  m.board = board.name;
  m.cycles = cycles_of(plan);
  m.clock_hz = board.clock_hz();
  m.runs = 3;
  m.layers = {{"only", "conv2d", 1, m.cycles, 0}};
  return m;
}

/// What a fake board of a farm does wrong.
struct Mischief {
  double failure_rate = 0;                           ///< of runs, by the board
  std::set<std::int64_t> failing_runs{};             ///< by number
  std::int64_t dead_after = 1'000'000;               ///< runs
  std::function<double()> speed = [] { return 1; };  ///< factor on its cycles
  std::string kills{};                               ///< the candidate's plan hash that the core refuses
  std::string loses{};                               ///< the plan hash on which the line dies
  bool refuses_tasks = false;                        ///< its core takes a fault on whatever is no canary
  bool fails_tasks = false;                          ///< passes canaries, and nothing else
  BoardState state{};                                ///< that its registers say
  std::int64_t meter_dies_after = -1;                ///< metered runs; below 0: there is no meter
};

class MischievousProbe : public Probe {
 public:
  MischievousProbe(Board board, const Mischief& mischief, std::atomic<std::int64_t>& runs)
      : board_(std::move(board)), mischief_(mischief), runs_(runs) {}
  const Board& board() const override { return board_; }
  std::string firmware_hash() const override { return "mischievous"; }
  std::optional<BoardState> board_state() const override { return mischief_.state; }
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override {
    const std::int64_t run = runs_++;
    if (options.metered && mischief_.meter_dies_after >= 0 && run >= mischief_.meter_dies_after)
      return ProbeFailure{.code = "energy_meter", .message = "energy_command: meter ended with 3"};
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // boards take time: so all get their share
    if (run >= mischief_.dead_after) throw BoardError(board_.name + ": is dead");
    Rng rng{7, fnv1a64(board_.name), static_cast<std::uint64_t>(run)};
    if (rng.uniform() < mischief_.failure_rate || mischief_.failing_runs.count(run))
      return ProbeFailure{.code = "dropped", .message = "the line is dead"};
    if (mischief_.fails_tasks && plan.hash() != canary_plan().hash())
      return ProbeFailure{.code = "dropped", .message = "large plans do not get through"};
    if (plan.hash() == mischief_.loses) return ProbeFailure{.code = "dropped", .message = "the line is dead"};
    if (plan.hash() == mischief_.kills || (mischief_.refuses_tasks && plan.hash() != canary_plan().hash()))
      return ProbeFailure{.kind = FailureKind::kCandidate, .code = "fault", .message = "the core took a fault"};
    Measurement m = measurement_of(plan, board_);
    m.cycles = static_cast<std::int64_t>(static_cast<double>(m.cycles) * mischief_.speed());
    m.state = mischief_.state;
    if (m.state.clock_hz != 0) m.clock_hz = m.state.clock_hz;
    if (options.metered && mischief_.meter_dies_after >= 0) m.energy_uj = 5;
    return m;
  }

 private:
  Board board_;
  const Mischief& mischief_;
  std::atomic<std::int64_t>& runs_;
};

/// A queue of candidates, and fake boards of one type that measure them.
class Farm {
 public:
  explicit Farm(int candidates) {
    test::keep_locks_apart();
    std::vector<std::string> names;
    for (int i = 0; i < candidates; ++i) names.push_back("net-" + std::to_string(i));
    FarmQueue(file()).add(names, "fake");
    options_.patience_s = 0.2;
    options_.first_pause_s = 0.01;
    options_.barred_poll_s = 0.01;
    options_.shard = 10;
  }

  void add_board(Mischief mischief) {
    const std::string name = "fake-" + std::to_string(boards_.size());
    Board board;
    board.name = name;
    board.startup = "fake";
    board.clock_mhz = 100;
    if (mischief.meter_dies_after >= 0) board.energy_command = "meter";
    boards_.push_back({name, board});
    mischief_.emplace(name, std::move(mischief));
    runs_[name] = 0;
  }

  void bar(std::function<std::string(const FarmBoard&)> barred) { barred_ = std::move(barred); }

  std::unique_ptr<Sweep> make_sweep() {
    SweepParts parts;
    parts.queue = file();
    parts.boards = boards_;
    parts.plan_of = [](const std::string& candidate, const Board&) -> Result<ProbePlan, ProbeFailure> {
      return plan_named(candidate);
    };
    parts.make_probe = [this](const Board& board) {
      return std::make_unique<MischievousProbe>(board, mischief_.at(board.name), runs_.at(board.name));
    };
    parts.barred = barred_;
    parts.quarantined = [this](const FarmBoard& board, const std::string& reason) {
      const std::lock_guard lock(mutex_);
      quarantined_[board.name] = reason;
    };
    return std::make_unique<Sweep>(parts, options_);
  }

  QueueCounts run() {
    const auto sweep = make_sweep();
    sweep->start();
    REQUIRE(sweep->wait(60));
    statuses_ = sweep->status().boards;
    return sweep->status().counts;
  }

  /// Every candidate's cycles, as an undisturbed board gives them.
  void check_results() const {
    for (const TaskOutcome& outcome : FarmQueue(file()).outcomes()) {
      CAPTURE(outcome.candidate, outcome.state, outcome.message);
      REQUIRE(outcome.measurement);
      CHECK(outcome.measurement->cycles == cycles_of(plan_named(outcome.candidate)));
    }
  }

  std::vector<BoardStatus> boards() const { return statuses_; }
  std::filesystem::path file() const { return folder_.path() / "sweep.sqlite"; }
  const std::map<std::string, std::string>& quarantined() const { return quarantined_; }
  std::int64_t runs_of(const std::string& board) const { return runs_.at(board); }

 private:
  ScratchFolder folder_;
  SweepOptions options_;
  std::vector<FarmBoard> boards_;
  std::map<std::string, Mischief> mischief_;
  std::map<std::string, std::atomic<std::int64_t>> runs_;
  std::function<std::string(const FarmBoard&)> barred_ = [](const FarmBoard&) { return ""; };
  std::vector<BoardStatus> statuses_;
  std::mutex mutex_;
  std::map<std::string, std::string> quarantined_;
};

const MeasurementKey kKey{.plan_hash = "p", .board_type = "fake", .firmware_hash = "f", .clock_hz = 1e8};

std::int64_t begun(FarmQueue& queue, const std::string& board) {
  return queue.begin_shard({.board = board, .board_type = "fake", .canary = "c", .canary_cycles = 100}).id;
}

}  // namespace

TEST_CASE("a task goes to one board at a time, and a late answer does not count", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite");
  CHECK(queue.add({"a", "b"}, "fake") == 2);
  CHECK(queue.add({"a", "b", "c"}, "fake") == 1);
  CHECK(queue.add({"a"}, "other") == 1);
  const std::int64_t one = begun(queue, "one"), two = begun(queue, "two");
  const auto a = queue.take("one", "fake", 1, one, 1000, 10), b = queue.take("two", "fake", 1, two, 1000, 10);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->candidate == "a");
  CHECK(b->candidate == "b");
  CHECK(queue.expire(1005) == 0);
  CHECK(queue.expire(1011) == 2);
  const auto again = queue.take("two", "fake", 1, two, 1020, 10);
  REQUIRE(again);
  CHECK(again->candidate == "a");
  CHECK_FALSE(queue.finish(*a, kKey, {}));
  CHECK(queue.finish(*again, kKey, {}));
  CHECK(FarmHistory(folder.path() / "q.sqlite").measured_twice() == 1);
  CHECK(queue.counts("fake").measured == 1);
  queue.confirm_shard(two, 101);
  CHECK(queue.counts().done == 1);
  CHECK(queue.counts().waiting == 3);
}

TEST_CASE("what was measured in a shard whose canary disagrees is forgotten", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite");
  queue.add({"a", "b", "c"}, "fake");
  const std::int64_t bad = begun(queue, "one"), good = begun(queue, "two");
  REQUIRE(queue.finish(*queue.take("one", "fake", 1, bad, 0, 10), kKey, {}));
  REQUIRE(queue.finish_known(*queue.take("two", "fake", 1, good, 0, 10), kKey));
  REQUIRE(queue.fail(*queue.take("two", "fake", 1, good, 0, 10), "too_large", "is too large"));
  queue.confirm_shard(good, 100);
  CHECK(queue.counts().done == 1);
  queue.discard_shard(bad, "slow");
  CHECK(queue.counts().waiting == 2);
  CHECK(queue.counts().failed == 1);
  CHECK_FALSE(queue.finish_known(*queue.take("two", "fake", 1, good, 0, 10), kKey));
  CHECK(queue.open_shards().empty());
  CHECK(FarmHistory(folder.path() / "q.sqlite").measured_twice() == 0);
}

TEST_CASE("a task that boards fail goes to another one, and is undecided at last", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite", 3);
  queue.add({"a", "b"}, "fake");
  const std::int64_t shard = begun(queue, "one");
  queue.give_back(*queue.take("one", "fake", 1, shard, 0, 10), "lost");
  CHECK(queue.take("one", "fake", 1, shard, 0, 10)->candidate == "b");
  for (int i = 0; i < 2; ++i) queue.give_back(*queue.take("two", "fake", 1, shard, 0, 10), "lost");
  CHECK(queue.counts().undecided == 1);
  CHECK(queue.outcomes().at(0).message == "lost");
  CHECK(queue.reopen() == 1);
  CHECK(queue.take("one", "fake", 1, shard, 0, 10)->candidate == "a");
}

TEST_CASE("what boards of another build refused is tried again", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite");
  queue.add({"a"}, "fake");
  const std::int64_t shard = begun(queue, "one");
  const auto refuse = [&](const MeasurementKey& key) {
    REQUIRE(queue.refuse(*queue.take("one", "fake", 1, shard, 0, 10), key, "fault", "the core took a fault"));
  };
  refuse(kKey);
  CHECK(queue.counts().waiting == 1);
  refuse(kKey);
  CHECK(queue.counts().failed == 1);
  const TaskOutcome refused = queue.outcomes().at(0);
  CHECK(refused.key == kKey.text());
  CHECK_FALSE(refused.measurement);
  queue.measure_again({refused.task});
  CHECK(queue.outcomes().at(0).key.empty());
  CHECK(queue.outcomes().at(0).code.empty());
  CHECK(queue.outcomes().at(0).message.empty());
  refuse(kKey);
  CHECK(queue.counts().waiting == 1);  // what the others said does not count any more
  REQUIRE(queue.finish(*queue.take("one", "fake", 1, shard, 0, 10), kKey, {}));
  CHECK(queue.counts().measured == 1);
}

TEST_CASE("boards that fail now and then cost time, not results", "[farm][sweep]") {
  Farm farm(300);
  for (int i = 0; i < 4; ++i) farm.add_board({.failure_rate = 0.1});
  CHECK(farm.run().done == 300);
  farm.check_results();
  CHECK(FarmHistory(farm.file()).measured_twice() == 0);
  CHECK(farm.quarantined().empty());
}

TEST_CASE("a board that dies is quarantined, and the others do its work", "[farm][sweep]") {
  Farm farm(100);
  farm.add_board({.dead_after = 17});
  farm.add_board({});
  CHECK(farm.run().done == 100);
  farm.check_results();
  REQUIRE(farm.quarantined().count("fake-0") == 1);
  CHECK(farm.quarantined().at("fake-0") == "the canary failed: is dead");  // its name stands beside it
}

TEST_CASE("where all boards die the rest waits for the next sweep", "[farm][sweep]") {
  Farm farm(100);
  farm.add_board({.dead_after = 37});
  const QueueCounts counts = farm.run();
  CHECK(counts.done == 30);
  CHECK(counts.waiting == 70);
}

TEST_CASE("a board that becomes slow takes no false numbers into the results", "[farm][sweep]") {
  Farm farm(60);
  auto runs = std::make_shared<int>(0);
  farm.add_board({.speed = [runs] { return ++*runs > 25 ? 1.5 : 1.0; }});
  farm.add_board({});
  farm.add_board({});
  farm.add_board({});
  CHECK(farm.run().done == 60);
  farm.check_results();
}

TEST_CASE("boards of a type vouch for each other", "[farm][sweep]") {
  Farm farm(200);
  for (int i = 0; i < 3; ++i) farm.add_board({});
  farm.add_board({.speed = [runs = std::make_shared<int>(0)] { return ++*runs > 12 ? 1.5 : 1.0; }});
  CHECK(farm.run().done == 200);
  farm.check_results();
}

TEST_CASE("a board that is slow from the start leaves nothing in the results", "[farm][sweep]") {
  Farm farm(200);
  const int slow = GENERATE(0, 3);  // the first one that is asked, or the last
  CAPTURE(slow);
  for (int i = 0; i < 4; ++i) farm.add_board({.speed = [slow, i] { return i == slow ? 1.5 : 1.0; }});
  CHECK(farm.run().done == 200);
  farm.check_results();
  CHECK(farm.quarantined().size() == 1);
  CHECK(farm.quarantined().count("fake-" + std::to_string(slow)) == 1);
}

TEST_CASE("a board in another state than the others of its type is no longer trusted", "[farm][sweep]") {
  Mischief other;
  SECTION("its flash has other wait states, which costs cycles") {
    other.state.flash_wait_states = 7;
    other.speed = [] { return 1.1; };
  }
  SECTION("its clock is another one, which costs none") {
    other.state.clock = PROBE_CLOCK_AT_RESET;
    other.state.clock_hz = 16000000;
  }
  Farm farm(40);
  for (const Mischief& mischief : {Mischief{}, other, Mischief{}}) farm.add_board(mischief);
  CHECK(farm.run().done == 40);
  farm.check_results();
  REQUIRE(farm.quarantined().size() == 1);
  CHECK(farm.quarantined().count("fake-1") == 1);
  for (const TaskOutcome& outcome : FarmQueue(farm.file()).outcomes())
    CHECK(outcome.measurement->state == BoardState{});
}

TEST_CASE("a board whose energy meter breaks is set aside with that reason", "[farm][sweep]") {
  Farm farm(40);
  const std::int64_t dies_after = GENERATE(0, 5);
  farm.add_board({.meter_dies_after = dies_after});
  const bool has_mate = GENERATE(true, false);
  if (has_mate) farm.add_board({});
  farm.bar([&](const FarmBoard& board) {  // the mate waits until the meter has broken: the first run is a canary
    return board.name == "fake-1" && farm.runs_of("fake-0") <= std::max<std::int64_t>(dies_after, 1) ? "is locked" : "";
  });
  const QueueCounts counts = farm.run();
  CHECK(counts.undecided == 0);
  CHECK(counts.measured == 0);
  CHECK(counts.done + counts.waiting == 40);
  if (has_mate) CHECK(counts.done == 40);
  CHECK(farm.quarantined().empty());
  CHECK(farm.boards().at(0).troubles == 1);  // nothing was tried to bring it back
  CHECK(farm.boards().at(0).state == "barred");
  CHECK(farm.boards().at(0).reason == "energy_command: meter ended with 3");
  CHECK(FarmHistory(farm.file()).discarded_shards() == 0);  // the board itself is sound
}

TEST_CASE("a board with a meter measures what was measured without energy", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite");
  queue.add({"a", "b", "c"}, "fake");
  const std::int64_t shard = begun(queue, "one");
  REQUIRE(queue.finish(*queue.take("one", "fake", 1, shard, 0, 10), kKey, {}));
  const Lease metered = *queue.take("one", "fake", 1, shard, 0, 10);
  CHECK_FALSE(queue.finish_known(metered, kKey, true));
  Measurement with_energy;
  with_energy.energy_uj = 7;
  REQUIRE(queue.finish(metered, kKey, with_energy));
  CHECK(queue.finish_known(*queue.take("one", "fake", 1, shard, 0, 10), kKey, true));
  for (const TaskOutcome& outcome : queue.outcomes()) CHECK(outcome.measurement->energy_uj == 7);
}

TEST_CASE("a lease that nobody is to blame for goes back as it was", "[farm][queue]") {
  const ScratchFolder folder;
  FarmQueue queue(folder.path() / "q.sqlite", 1);
  queue.add({"a"}, "fake");
  const Lease lease = *queue.take("one", "fake", 1, begun(queue, "one"), 0, 10);
  CHECK(queue.put_back(lease));
  CHECK_FALSE(queue.put_back(lease));
  CHECK(queue.counts().waiting == 1);
}

TEST_CASE("a file is a sweep's where it has tasks", "[farm][queue]") {
  const ScratchFolder folder;
  const auto file = folder.path() / "q.sqlite";
  CHECK_FALSE(FarmQueue::is_in(file));
  CHECK_FALSE(std::filesystem::exists(file));
  { const MeasurementStore store(file); }
  CHECK_FALSE(FarmQueue::is_in(file));
  const FarmQueue queue(file);
  CHECK(FarmQueue::is_in(file));
}

TEST_CASE("a clock that is not the board file's is told of, and shown", "[farm][sweep]") {
  Farm farm(12);
  BoardState slow;
  slow.clock = PROBE_CLOCK_AT_RESET;
  slow.clock_hz = 16000000;
  farm.add_board({.state = slow});
  CHECK(farm.run().done == 12);
  CHECK(farm.boards().at(0).clock_hz == 16000000);
  CHECK(farm.boards().at(0).troubles == 1);
  CHECK_THAT(farm.boards().at(0).reason, Catch::Contains("16 MHz") && Catch::Contains("not at 100"));
  for (const TaskOutcome& outcome : FarmQueue(farm.file()).outcomes()) CHECK(outcome.measurement->clock_hz == 16000000);
}

TEST_CASE("of two boards that differ nobody knows which is wrong", "[farm][sweep]") {
  Farm farm(50);
  farm.add_board({});
  farm.add_board({.speed = [] { return 1.5; }});
  CHECK(farm.run().waiting == 50);
  CHECK(farm.quarantined().size() == 2);
}

TEST_CASE("one subnet that fails on every board does not cost the boards", "[farm][sweep]") {
  Farm farm(11);
  farm.add_board({.loses = plan_named("net-10").hash()});
  const QueueCounts counts = farm.run();
  CHECK(counts.done == 10);
  CHECK(counts.undecided == 1);
  CHECK(farm.quarantined().empty());
}

TEST_CASE("a board whose core refuses everything but canaries is to blame", "[farm][sweep]") {
  Farm farm(30);
  farm.add_board({.refuses_tasks = true});
  farm.add_board({});
  CHECK(farm.run().done == 30);
  CHECK(farm.quarantined().count("fake-0") == 1);
}

TEST_CASE("a board that comes back at another speed measures its shard again", "[farm][sweep]") {
  Farm farm(40);
  auto runs = std::make_shared<int>(0);
  // Fails, is slow until it fails again, and is itself again after that: the canaries around the shard agree.
  farm.add_board({.failing_runs = {4, 8}, .speed = [runs] { return ++*runs > 4 && *runs < 8 ? 1.5 : 1.0; }});
  CHECK(farm.run().done == 40);
  farm.check_results();
  CHECK(FarmHistory(farm.file()).discarded_shards() > 0);
}

TEST_CASE("a board that passes canaries alone is quarantined, and its mates do its work", "[farm][sweep]") {
  Farm farm(40);
  farm.add_board({.fails_tasks = true});
  SECTION("with a mate") {
    farm.add_board({});
    CHECK(farm.run().done == 40);
    farm.check_results();
  }
  SECTION("alone") { CHECK(farm.run().done == 0); }
  CHECK(farm.quarantined().count("fake-0") == 1);
}

TEST_CASE("what one board's core refuses another one may run", "[farm][sweep]") {
  Farm farm(20);
  farm.add_board({.kills = plan_named("net-3").hash()});
  farm.add_board({});
  CHECK(farm.run().done == 20);
  farm.check_results();
}

TEST_CASE("a locked board waits while others work, and comes back", "[farm][sweep]") {
  Farm farm(150);
  farm.add_board({});
  farm.add_board({});
  farm.bar([&farm](const FarmBoard& board) {
    return board.name == "fake-1" && farm.runs_of("fake-0") < 30 ? "is locked" : "";
  });
  CHECK(farm.run().done == 150);
  farm.check_results();
  CHECK(farm.runs_of("fake-1") > 0);
}

TEST_CASE("where every board is locked a sweep ends", "[farm][sweep]") {
  Farm farm(10);
  farm.add_board({});
  farm.bar([](const FarmBoard&) { return "is locked"; });
  CHECK(farm.run().waiting == 10);
  CHECK(farm.quarantined().empty());
  CHECK(farm.runs_of("fake-0") == 0);
}

TEST_CASE("a shard that another build began is measured again", "[farm][sweep]") {
  Farm farm(10);
  farm.add_board({});
  {
    FarmQueue queue(farm.file());
    const Shard old =
        queue.begin_shard({.board = "fake-0", .board_type = "fake", .canary = "of another build", .canary_cycles = 1});
    REQUIRE(queue.finish(*queue.take("fake-0", "fake", 1, old.id, 0, 1), kKey, {}));
  }
  CHECK(farm.run().done == 10);
  farm.check_results();
}

TEST_CASE("a candidate that a core refuses is the candidate's failure", "[farm][sweep]") {
  Farm farm(20);
  farm.add_board({.kills = plan_named("net-3").hash()});
  const QueueCounts counts = farm.run();
  CHECK(counts.done == 19);
  CHECK(counts.failed == 1);
  CHECK(FarmQueue(farm.file()).outcomes().at(3).code == "fault");
}

TEST_CASE("a sweep that is stopped goes on where it was", "[farm][sweep]") {
  Farm farm(200);
  farm.add_board({});
  farm.add_board({});
  for (int i = 0; i < 3; ++i) {
    const auto sweep = farm.make_sweep();
    sweep->start();
    sweep->wait(0.02);
    sweep->stop();
    REQUIRE(sweep->wait(10));
    CHECK(sweep->status().counts.leased == 0);
    CHECK(sweep->status().counts.measured == 0);
  }
  CHECK(farm.run().done == 200);
  farm.check_results();
  CHECK(FarmHistory(farm.file()).measured_twice() == 0);
}

TEST_CASE("the canary is a plan that the probe knows", "[farm]") {
  const ProbePlan plan = canary_plan();
  CHECK(plan.layers.size() == 7);
  CHECK(plan.hash() == canary_plan().hash());
  CHECK(canaries_agree(1019, 1000));
  CHECK_FALSE(canaries_agree(1021, 1000));
}

TEST_CASE("power is switched by the board's own command", "[farm]") {
  Board board;
  board.name = "bench";
  CHECK_FALSE(power_cycle(board));
  board.power = "true";
  CHECK(power_cycle(board));
  board.power = "no-such-switch -p 2";
  CHECK_THROWS_WITH(power_cycle(board), Catch::Contains("bench") && Catch::Contains("no-such-switch"));
  board.power = "sh -c \"echo port 3 is not there; exit 2\"";
  CHECK_THROWS_WITH(power_cycle(board), Catch::Contains("port 3 is not there"));
}

TEST_CASE("boards that know each other's canaries", "[farm]") {
  Roster roster;
  roster.join("a");
  roster.join("a");
  roster.join("b");
  roster.leave("a");
  CHECK(roster.live("a") == 1);
  CHECK(roster.live() == 2);
  CHECK(roster.note_canary("c", "one", 5).empty());
  CHECK(roster.note_canary("c", "one", 6).at("one") == 5);
  CHECK(roster.note_canary("other", "one", 6).empty());
}

TEST_CASE("marks of boards last, locks end with their process", "[farm][registry]") {
  const ScratchFolder folder;
  BoardRegistry(folder.path()).mark("lab-1", {BoardMark::Kind::kQuarantined, "canary 12 % slower", "sweep", 5});
  const BoardRegistry registry(folder.path());
  REQUIRE(registry.mark_of("lab-1"));
  CHECK(registry.mark_of("lab-1")->reason == "canary 12 % slower");
  CHECK_FALSE(registry.mark_of("lab-2"));
  CHECK(BoardRegistry(folder.path()).release("lab-1"));
  CHECK(registry.marks().empty());
  CHECK_FALSE(BoardRegistry(folder.path()).release("lab-1"));
  const std::string file = (folder.path() / "lab-1.lock").string();
  {
    const BoardLock lock("lab-1", folder.path());
    CHECK(BoardLock::user_of("lab-1", folder.path()) == std::to_string(getpid()));
    CHECK_NOTHROW(BoardLock("lab-1", folder.path()));  // the same process
    CHECK(run_process({"flock", "-n", file, "true"}).exit_code == 1);
    CHECK_NOTHROW(BoardLock("lab-2", folder.path()));
  }
  CHECK(run_process({"flock", "-n", file, "true"}).exit_code == 0);
  ChildProcess other({"flock", file, "sleep", "20"});
  while (BoardLock::user_of("lab-1", folder.path()).empty()) REQUIRE_FALSE(other.exit_code());
  CHECK_THROWS_WITH(BoardLock("lab-1", folder.path()), Catch::Contains("lab-1") && Catch::Contains("uses the board"));
  other.kill();
  other.wait(Deadline(5));
  CHECK(BoardLock::user_of("lab-1", folder.path()).empty());
}
