#include "search/strategy/space_optimizer.hpp"

#include <algorithm>

#include "graph/base/error.hpp"
#include "tests/catch.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

FitCheck at_most(const SearchSpace& space, std::int64_t limit) {
  return [space, limit](const Subnet& subnet) {
    const std::int64_t needed = macs(space, subnet);
    return Fit{static_cast<double>(needed) / static_cast<double>(limit) - 1, std::to_string(needed) + " MACs"};
  };
}

SpaceScore score(int resolution, double width, std::vector<std::int64_t> fitting) {
  SpaceScore result{resolution, width, 10, 0, std::move(fitting), {0.5, "too large"}};
  return result;
}

}  // namespace

TEST_CASE("spaces are ranked by the mean MACs of what fits", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  const auto ranking = rank_spaces(space, at_most(space, 250000), {.samples = 200});
  REQUIRE(ranking.size() == 4);
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    const SpaceScore& s = ranking[i];
    CHECK(s.samples == 200);
    double sum = 0;
    for (std::int64_t m : s.macs) {
      CHECK(m <= 250000);
      sum += static_cast<double>(m);
    }
    CHECK(s.mean_macs == Approx(s.fitting() ? sum / s.fitting() : 0));
    CHECK(std::is_sorted(s.macs.begin(), s.macs.end()));
    if (i > 0) CHECK(s.mean_macs <= ranking[i - 1].mean_macs);
  }
}

TEST_CASE("a looser limit moves the best space to more pixels or channels", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  const auto best = [&](std::int64_t limit) { return rank_spaces(space, at_most(space, limit), {.samples = 100})[0]; };
  const SpaceScore tight = best(60000), loose = best(100000000);
  CHECK(tight.resolution * tight.width_multiplier < loose.resolution * loose.width_multiplier);
  CHECK(loose.resolution == 24);
  CHECK(loose.width_multiplier == 1.0);
  CHECK(loose.share() == 1);
}

TEST_CASE("the ranking is the same for any number of threads", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  const auto one = rank_spaces(space, at_most(space, 200000), {.samples = 100, .threads = 1});
  const auto three = rank_spaces(space, at_most(space, 200000), {.samples = 100, .threads = 3});
  REQUIRE(one.size() == three.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].resolution == three[i].resolution);
    CHECK(one[i].width_multiplier == three[i].width_multiplier);
    CHECK(one[i].macs == three[i].macs);
  }
}

TEST_CASE("space optimisation tells how far it is, and can be stopped", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  std::vector<int> seen;
  SpaceOptimizerOptions options{.samples = 5};
  options.progress = [&](int done, int total) {
    seen.push_back(done);
    CHECK(total == 4);
  };
  rank_spaces(space, at_most(space, 200000), options);
  CHECK(seen == std::vector<int>{1, 2, 3, 4});
  options.threads = 2;
  options.progress = [](int, int) { throw Interrupted("stop"); };
  CHECK_THROWS_AS(rank_spaces(space, at_most(space, 200000), options), Interrupted);
}

TEST_CASE("pruning keeps the resolutions and widths of the best spaces", "[search][space_optimizer]") {
  SearchSpace space = test::tiny_space();
  space.resolutions = {16, 24, 32};
  const std::vector<SpaceScore> ranking{score(32, 0.5, {9}), score(16, 0.5, {8}), score(16, 1.0, {7}),
                                        score(24, 1.0, {})};
  const SearchSpace two = prune(space, ranking, 2);
  CHECK(two.resolutions == std::vector<int>{16, 32});
  CHECK(two.width_multipliers == std::vector<double>{0.5});
  CHECK(two.stages.size() == space.stages.size());
  const SearchSpace all = prune(space, ranking, 0);
  CHECK(all.resolutions == std::vector<int>{16, 32});  // nothing fits at 24
  CHECK(all.width_multipliers == std::vector<double>{0.5, 1.0});
}

TEST_CASE("where nothing fits, pruning says so and names the nearest miss", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  const auto ranking = rank_spaces(space, at_most(space, 10), {.samples = 5});
  CHECK_THROWS_AS(prune(space, ranking, 1), DoesNotFitError);
  CHECK_THROWS_WITH(
      prune(space, ranking, 1),
      Catch::Contains("none of 20 subnets of space \"tiny\" meets the limits") && Catch::Contains(" MACs"));
}

TEST_CASE("spaces where hardly anything fits come last", "[search][space_optimizer]") {
  const SearchSpace space = test::tiny_space();
  const Fit misfit{1, "too large"};
  const auto one_of_the_large = [&](const Subnet& s) {
    if (s.resolution == 16) return Fit{};
    return s.stages[0] == std::vector<BlockChoice>{{7, 4}} && s.stages[1].size() == 2 ? Fit{} : misfit;
  };
  const auto ranking = rank_spaces(space, one_of_the_large, {.samples = 400, .least_share = 0.2});
  CHECK(ranking[0].resolution == 16);
  CHECK(ranking[2].resolution == 24);
  CHECK(ranking[2].fitting() > 0);
}

TEST_CASE("the distribution's points rise to all of what fits", "[search][space_optimizer]") {
  const auto points = cdf(score(16, 1, {10, 20, 30, 40}), 4);
  REQUIRE(points.size() == 4);
  CHECK(points[0].macs == 10);
  CHECK(points[0].share == Approx(0.25));
  CHECK(points[3].macs == 40);
  CHECK(points[3].share == 1);
  CHECK(cdf(score(16, 1, {})).empty());
}
