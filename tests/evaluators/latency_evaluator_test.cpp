#include "evaluators/latency_evaluator.hpp"

#include "graph/base/error.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/evaluators/temporary_database.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

/// Takes 2 cycles per multiply-accumulate, refuses plans above `most_layers`, and dies after `lives` runs.
class FakeProbe final : public Probe {
 public:
  explicit FakeProbe(int& runs, std::size_t most_layers = 1000, int lives = 1000)
      : runs_(runs), most_layers_(most_layers), lives_(lives) {
    board_.name = "fake";
    board_.clock_mhz = 100;
  }
  const Board& board() const override { return board_; }
  std::string firmware_hash() const override { return "f00d"; }
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions&) override {
    if (lives_-- == 0) return ProbeFailure{FailureKind::kBoard, "timeout", "no answer within 60 s", -1};
    ++runs_;
    if (plan.layers.size() > most_layers_)
      return ProbeFailure{FailureKind::kCandidate, "too_many_layers", "too many layers", -1};
    Measurement measurement;
    measurement.board = "fake";
    measurement.provenance = Provenance::kModelled;
    for (const ProbeLayer& layer : plan.layers) measurement.cycles += 2 * layer.macs;
    measurement.clock_hz = board_.clock_hz();
    measurement.latency_us = static_cast<double>(measurement.cycles) / board_.clock_mhz;
    measurement.runs = 1;
    for (const ProbeLayer& layer : plan.layers)
      measurement.layers.push_back({layer.name, layer.op, layer.macs, 2 * layer.macs, 0});
    return measurement;
  }

 private:
  Board board_;
  int& runs_;
  std::size_t most_layers_;
  int lives_;
};

struct Bench {
  SubnetPlanner planner{test::tiny_space(), test::made_up_inventory()};
  std::vector<Candidate> candidates{{smallest(planner.space()), {}, {}}, {largest(planner.space()), {}, {}}};
  test::TemporaryDatabase file{"latency_evaluator"};
  int runs = 0;

  BoardTimes times(std::size_t most_layers = 1000, int lives = 1000) {
    return {std::make_unique<FakeProbe>(runs, most_layers, lives), file.path()};
  }
};

}  // namespace

TEST_CASE("a candidate's latency is what the probe ran, with its provenance", "[evaluators][latency]") {
  Bench bench;
  BoardTimes times = bench.times();
  LatencyEvaluator(bench.planner, times, {}).evaluate(bench.candidates);
  for (const Candidate& candidate : bench.candidates) {
    const double work = static_cast<double>(macs(bench.planner.space(), candidate.subnet));
    CHECK(candidate.value(metric::kCycles) == 2 * work);
    CHECK(candidate.value(metric::kLatencyUs) == Approx(2 * work / 100));
    CHECK(candidate.metrics.at(metric::kLatencyUs).provenance == Provenance::kModelled);
    CHECK_FALSE(candidate.rejected);
  }
}

TEST_CASE("a plan is run once and looked up afterwards", "[evaluators][latency]") {
  Bench bench;
  BoardTimes times = bench.times();
  LatencyEvaluator evaluator(bench.planner, times, {});
  evaluator.evaluate(bench.candidates);
  const auto first = bench.candidates;
  evaluator.evaluate(bench.candidates);
  CHECK(bench.runs == 2);
  CHECK(times.measured() == 2);
  CHECK(bench.candidates[1].value(metric::kCycles) == first[1].value(metric::kCycles));
}

TEST_CASE("too slow, and refused by the probe, are rejections with a reason", "[evaluators][latency]") {
  Bench bench;
  SECTION("too slow") {
    BoardTimes times = bench.times();
    const double slowest_ms = 2e-5 * static_cast<double>(macs(bench.planner.space(), largest(bench.planner.space())));
    LatencyEvaluator(bench.planner, times, {.latency_ms = slowest_ms / 2}).evaluate(bench.candidates);
    REQUIRE(bench.candidates[1].rejected);
    CHECK_THAT(*bench.candidates[1].rejected, Catch::StartsWith("latency ") && Catch::EndsWith(" (200 %), modelled"));
  }
  SECTION("refused") {
    BoardTimes picky = bench.times(13);  // the smallest has 13 layers
    LatencyEvaluator(bench.planner, picky, {}).evaluate(bench.candidates);
    CHECK(bench.candidates[1].rejected == "too many layers");
  }
  CHECK_FALSE(bench.candidates[0].rejected);
}

TEST_CASE("a lost board ends the evaluation, and names itself", "[evaluators][latency]") {
  Bench bench;
  BoardTimes dying = bench.times(1000, 1);
  LatencyEvaluator evaluator(bench.planner, dying, {});
  CHECK_THROWS_AS(evaluator.evaluate(bench.candidates), BoardError);
  CHECK(bench.candidates[0].metrics.count(metric::kCycles) == 1);  // what was run is kept
}

TEST_CASE("predictions carry their provenance and meet the same limit", "[evaluators][latency]") {
  Bench bench;
  BoardTimes times = bench.times();
  Rng rng({1});
  for (int i = 0; i < 10; ++i) REQUIRE(times.measure(*bench.planner.plan(sample(bench.planner.space(), rng))));
  times.refit();
  PredictedLatencyEvaluator(bench.planner, times, {.latency_ms = 3}).evaluate(bench.candidates);
  const Candidate& small = bench.candidates[0];
  CHECK(small.metrics.at(metric::kLatencyUs).provenance == Provenance::kPredicted);
  CHECK(small.value(metric::kCycles) ==
        Approx(2.0 * static_cast<double>(macs(bench.planner.space(), small.subnet))).epsilon(0.01));
  CHECK_FALSE(small.rejected);
}
