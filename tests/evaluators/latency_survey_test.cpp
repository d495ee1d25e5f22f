#include "evaluators/latency_survey.hpp"

#include <set>

#include "graph/base/error.hpp"
#include "profiler/measurement_store.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/fake_times.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/evaluators/temporary_database.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

struct Bench {
  SubnetPlanner planner{test::tiny_space(), test::made_up_inventory()};
  test::TemporaryDatabase store;
  std::vector<std::unique_ptr<Probe>> probes;
  std::vector<test::FakeTimes*> fakes;

  explicit Bench(int boards = 1) : store("latency_survey_" + std::to_string(boards)) {
    for (int i = 0; i < boards; ++i) {
      probes.push_back(std::make_unique<test::FakeTimes>());
      fakes.push_back(static_cast<test::FakeTimes*>(probes.back().get()));
    }
  }
  std::vector<SurveyedSubnet> survey(int subnets, const Limits& limits = {}) const {
    return survey_latency(planner, probes, store.path(), {.subnets = subnets, .seed = 7, .limits = limits});
  }
  int runs() const {
    int sum = 0;
    for (const test::FakeTimes* fake : fakes) sum += fake->runs;
    return sum;
  }
};

std::vector<std::string> names(const std::vector<SurveyedSubnet>& survey) {
  std::vector<std::string> result;
  for (const SurveyedSubnet& one : survey) result.push_back(to_text(one.subnet));
  return result;
}

}  // namespace

TEST_CASE("a survey measures different subnets, each once, whatever the number of boards",
          "[evaluators][latency_survey]") {
  const Bench one(1), three(3);
  const auto survey = one.survey(30);
  REQUIRE(survey.size() == 30);
  const auto subnets = names(survey);
  CHECK(std::set(subnets.begin(), subnets.end()).size() == 30);
  CHECK(one.runs() == 30);
  for (const SurveyedSubnet& s : survey) CHECK(s.probed.measurement.layers.size() == s.probed.plan.layers.size());
  CHECK(names(three.survey(30)) == subnets);
  CHECK(three.runs() == 30);
}

TEST_CASE("a survey that was broken off goes on, and a larger one begins with it", "[evaluators][latency_survey]") {
  const Bench bench;
  bench.fakes[0]->lives = 5;
  CHECK_THROWS_AS(bench.survey(12), BoardError);
  CHECK(MeasurementStore(bench.store.path()).count() == 5);
  bench.fakes[0]->lives = -1;
  const auto twelve = names(bench.survey(12));
  CHECK(bench.runs() == 12);
  auto twenty = names(bench.survey(20));
  CHECK(bench.runs() == 20);
  twenty.resize(12);
  CHECK(twenty == twelve);
}

TEST_CASE("who asks for progress may end a survey, and what was measured stays", "[evaluators][latency_survey]") {
  const Bench bench;
  SurveyOptions options{.subnets = 12, .seed = 7};
  options.progress = [](int measured) {
    if (measured == 4) throw Interrupted("stop");
  };
  CHECK_THROWS_AS(survey_latency(bench.planner, bench.probes, bench.store.path(), options), Interrupted);
  CHECK(MeasurementStore(bench.store.path()).count() == 4);
}

TEST_CASE("subnets above the limits, or refused by the probe, are passed over", "[evaluators][latency_survey]") {
  const Bench bench;
  bench.fakes[0]->most_layers = 16;
  for (const SurveyedSubnet& one : bench.survey(10, {.sram_kb = 8})) {
    CHECK(one.probed.plan.layers.size() <= 16);
    CHECK(one.probed.plan.arena_bytes <= 8 * 1024);
  }
  CHECK_THROWS_WITH(bench.survey(10, {.sram_kb = 0.5}), Catch::Contains("no subnet of the space tiny") &&
                                                            Catch::Contains("peak SRAM") && Catch::Contains("fake"));
  const Bench strict(2);
  for (test::FakeTimes* fake : strict.fakes) fake->most_layers = 2;
  CHECK_THROWS_WITH(strict.survey(2), Catch::Contains("too many layers"));
}

TEST_CASE("a space with fewer subnets than are asked for is measured whole", "[evaluators][latency_survey]") {
  Bench bench;
  SearchSpace space = test::tiny_space();
  space.stages = {{16, 2, {1}, {3, 5}, {2}}};
  bench.planner = SubnetPlanner(space, test::made_up_inventory());
  CHECK(bench.survey(50).size() == 2 * 2 * 2);
}
