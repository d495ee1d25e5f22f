#include "evaluators/memory_evaluator.hpp"

#include "evaluators/fit_check.hpp"
#include "evaluators/macs_evaluator.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

std::vector<Candidate> two_candidates(const SearchSpace& space) {
  return {{smallest(space), {}, {}}, {largest(space), {}, {}}};
}

}  // namespace

TEST_CASE("SRAM and flash of a candidate are those of its plan", "[evaluators][memory]") {
  const SearchSpace space = test::tiny_space();
  const SubnetPlanner planner(space, test::made_up_inventory());
  auto candidates = two_candidates(space);
  MemoryEvaluator(planner, {}).evaluate(candidates);
  for (const Candidate& candidate : candidates) {
    const auto planned = planner.plan(candidate.subnet);
    CHECK_FALSE(candidate.rejected);
    CHECK(candidate.value(metric::kPeakSramBytes) == static_cast<double>(planned->footprint.peak_sram_bytes()));
    CHECK(candidate.value(metric::kFlashBytes) == static_cast<double>(planned->footprint.flash_bytes()));
    CHECK(candidate.metrics.at(metric::kFlashBytes).provenance == Provenance::kComputed);
  }
  CHECK(candidates[0].value(metric::kPeakSramBytes) < candidates[1].value(metric::kPeakSramBytes));
}

TEST_CASE("a candidate above a limit is rejected with the reason, and keeps its numbers", "[evaluators][memory]") {
  const SearchSpace space = test::tiny_space();
  const SubnetPlanner planner(space, test::made_up_inventory());
  auto candidates = two_candidates(space);
  const double between = static_cast<double>(planner.plan(candidates[0].subnet)->footprint.peak_sram_bytes()) / 1024;
  MemoryEvaluator evaluator(planner, {.sram_kb = between});
  evaluator.evaluate(candidates);
  CHECK_FALSE(candidates[0].rejected);
  REQUIRE(candidates[1].rejected);
  CHECK_THAT(*candidates[1].rejected, Catch::Contains("peak SRAM"));
  CHECK(candidates[1].value(metric::kPeakSramBytes) > 1024 * between);
}

TEST_CASE("the check before the search agrees with the evaluator", "[evaluators][memory]") {
  const SearchSpace space = test::tiny_space();
  const SubnetPlanner planner(space, test::made_up_inventory());
  const Limits limits{.sram_kb = 6, .flash_kb = 20};
  const FitCheck fits = fit_check(planner, limits);
  Rng rng({1});
  int fitting = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<Candidate> one{{sample(space, rng), {}, {}}};
    MemoryEvaluator(planner, limits).evaluate(one);
    CHECK(fits(one[0].subnet).holds() == !one[0].rejected.has_value());
    fitting += !one[0].rejected;
  }
  CHECK(fitting > 0);
  CHECK(fitting < 100);
}

TEST_CASE("a subnet that cannot be planned misses by far, and says why", "[evaluators][memory]") {
  SearchSpace space = test::tiny_space();
  const SubnetPlanner planner(space, test::made_up_inventory(), {.arena_limit_bytes = 1});
  const Fit fit = fit_check(planner, {})(smallest(space));
  CHECK_FALSE(fit.holds());
  CHECK(fit.excess > 1e6);
  CHECK_FALSE(fit.reason.empty());
}

TEST_CASE("candidates that are rejected already are left as they are", "[evaluators]") {
  const SearchSpace space = test::tiny_space();
  std::vector<Candidate> candidates = two_candidates(space);
  candidates[0].rejected = "too slow";
  MacsEvaluator(space).evaluate(candidates);
  CHECK(candidates[0].metrics.empty());
  CHECK(candidates[1].value(metric::kMacs) == static_cast<double>(macs(space, largest(space))));
  CHECK(candidates[1].value(metric::kParams) == static_cast<double>(params(space, largest(space))));
}
