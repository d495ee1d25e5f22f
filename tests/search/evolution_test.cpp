#include "search/strategy/evolution.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "graph/base/error.hpp"
#include "search/strategy/random_search.hpp"
#include "tests/catch.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

const Fit kFits{};

FitCheck everything_fits() {
  return [](const Subnet&) { return kFits; };
}

/// A made-up accuracy: every block's kernel and expansion help or harm by fixed random amounts, more blocks help.
double made_up_accuracy(const Subnet& subnet) {
  double sum = 0.01 * subnet.resolution / 192 + 0.1 * subnet.width_multiplier;
  for (std::size_t s = 0; s < subnet.stages.size(); ++s) {
    for (std::size_t b = 0; b < subnet.stages[s].size(); ++b) {
      const auto gain = [&](std::uint64_t gene, int value) {
        return Rng({99, s, b, gene, static_cast<std::uint64_t>(value)}).uniform(-0.02, 0.04);
      };
      sum += gain(1, subnet.stages[s][b].kernel_size) + gain(2, subnet.stages[s][b].expansion_ratio);
    }
  }
  return sum;
}

std::vector<Candidate> answer(const SearchSpace& space, const std::vector<Subnet>& subnets) {
  std::vector<Candidate> candidates;
  for (const Subnet& subnet : subnets) {
    Candidate candidate{subnet, {}, {}};
    candidate.metrics[metric::kTop1] = {made_up_accuracy(subnet)};
    candidate.metrics[metric::kMacs] = {static_cast<double>(macs(space, subnet))};
    candidates.push_back(candidate);
  }
  return candidates;
}

/// All candidates of a search of `generations`.
std::vector<Candidate> run(Strategy& strategy, const SearchSpace& space, int generations) {
  std::vector<Candidate> all;
  for (int g = 0; g < generations; ++g) {
    const auto answers = answer(space, strategy.ask());
    strategy.tell(answers);
    all.insert(all.end(), answers.begin(), answers.end());
  }
  return all;
}

double best(const std::vector<Candidate>& candidates) {
  double result = 0;
  for (const Candidate& candidate : candidates) result = std::max(result, candidate.value(metric::kTop1));
  return result;
}

std::vector<std::string> texts(const std::vector<Candidate>& candidates) {
  std::vector<std::string> result;
  for (const Candidate& candidate : candidates) result.push_back(to_text(candidate.subnet));
  return result;
}

FitCheck at_most(const SearchSpace& space, double limit) {
  return [space, limit](const Subnet& subnet) {
    const double needed = static_cast<double>(macs(space, subnet));
    return Fit{needed / limit - 1,
               std::to_string(std::lround(needed)) + " MACs of " + std::to_string(std::lround(limit))};
  };
}

}  // namespace

TEST_CASE("evolution beats random search, over seeds", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  int wins = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Evolution evolution(space, {.population = 40, .parents = 10, .seed = seed}, at_most(space, 60e6));
    RandomSearch random(space, {.population = 40, .seed = seed}, at_most(space, 60e6));
    const double evolved = best(run(evolution, space, 12)), drawn = best(run(random, space, 12));
    wins += evolved > drawn;
  }
  CHECK(wins == 10);
}

TEST_CASE("evolution for accuracy and MACs covers more than random search", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  const std::vector<Objective> objectives{{}, {metric::kMacs, Direction::kMinimize}};
  const auto volume = [&](const std::vector<Candidate>& candidates) {
    std::vector<Point> points;
    for (const Candidate& candidate : candidates) {
      points.push_back(point_of(candidate, objectives));
      points.back()[1] /= 100e6;
    }
    return hypervolume(points, {0, 1});
  };
  int wins = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Evolution evolution(space, {.population = 40, .parents = 20, .objectives = objectives, .seed = seed},
                        at_most(space, 100e6));
    RandomSearch random(space, {.population = 40, .seed = seed}, at_most(space, 100e6));
    wins += volume(run(evolution, space, 12)) > volume(run(random, space, 12));
  }
  CHECK(wins == 6);
}

TEST_CASE("no strategy asks for a subnet twice, or for one that does not fit", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  const FitCheck fits = at_most(space, 30e6);
  Evolution evolution(space, {.population = 50, .parents = 5, .mutation_probability = 0.02, .seed = 3}, fits);
  RandomSearch random(space, {.population = 50, .seed = 3}, fits);
  for (Strategy* strategy : {static_cast<Strategy*>(&evolution), static_cast<Strategy*>(&random)}) {
    const auto candidates = run(*strategy, space, 8);
    CHECK(candidates.size() == 400);
    const auto names = texts(candidates);
    CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
    for (const Candidate& candidate : candidates) {
      CHECK(candidate.value(metric::kMacs) <= 30e6);
      CHECK(why_outside(candidate.subnet, space) == "");
    }
  }
}

TEST_CASE("the same seed and answers give the same questions, another seed others", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  const auto questions = [&](std::uint64_t seed) {
    Evolution evolution(space, {.population = 20, .parents = 5, .seed = seed}, at_most(space, 60e6));
    return texts(run(evolution, space, 5));
  };
  CHECK(questions(1) == questions(1));
  CHECK(questions(1) != questions(2));
}

TEST_CASE("a search goes on from stored answers, told in any order", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  const EvolutionConfig config{.population = 20, .parents = 5, .seed = 4};
  Evolution whole(space, config, at_most(space, 60e6));
  const auto stored = run(whole, space, 3);
  const auto next = whole.ask();

  Evolution resumed(space, config, at_most(space, 60e6));
  for (int g = 0; g < 3; ++g) {
    auto answers = answer(space, resumed.ask());
    std::reverse(answers.begin(), answers.end());
    resumed.tell(answers);
  }
  CHECK(resumed.ask() == next);
}

TEST_CASE("rejected candidates and those that are no numbers have no children", "[search][evolution]") {
  const SearchSpace space = test::tiny_space();
  Evolution evolution(space, {.population = 8, .parents = 8, .mutation_share = 0, .seed = 5}, everything_fits());
  auto answers = answer(space, evolution.ask());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].subnet.resolution = i % 2 ? 16 : 24;  // what is told counts, not what was asked
    if (i % 4 == 0) answers[i].rejected = "too slow";
    if (i % 4 == 2) answers[i].metrics[metric::kTop1].value = std::nan("");
  }
  evolution.tell(answers);
  int large = 0;
  for (const Subnet& subnet : evolution.ask()) large += subnet.resolution == 24;
  CHECK(large <= 4);  // children of parents of resolution 16; samples only where no new child is left
}

TEST_CASE("an exhausted space yields what is left, then nothing", "[search][evolution]") {
  SearchSpace space = test::tiny_space();
  space.stages = {{16, 2, {1}, {3, 5}, {3, 4}}};  // 2 * 2 * 4 = 16 subnets
  Evolution evolution(space, {.population = 10, .parents = 3, .seed = 6}, everything_fits());
  RandomSearch random(space, {.population = 10, .seed = 6}, everything_fits());
  for (Strategy* strategy : {static_cast<Strategy*>(&evolution), static_cast<Strategy*>(&random)}) {
    std::vector<std::size_t> sizes;
    for (int g = 0; g < 3; ++g) {
      const auto answers = answer(space, strategy->ask());
      strategy->tell(answers);
      sizes.push_back(answers.size());
    }
    CHECK(sizes == std::vector<std::size_t>{10, 6, 0});
  }
}

TEST_CASE("limits that nothing meets are an error that names the nearest miss", "[search][evolution]") {
  const SearchSpace space = test::tiny_space();
  const std::int64_t least = macs(space, smallest(space));
  Evolution evolution(space, {.max_rejections = 200}, at_most(space, 1000));
  CHECK_THROWS_AS(evolution.ask(), DoesNotFitError);
  Evolution again(space, {.max_rejections = 200}, at_most(space, 1000));
  CHECK_THROWS_WITH(again.ask(),
                    Catch::Contains("subnets of space \"tiny\" meets the limits; the nearest miss, " +
                                    to_text(smallest(space)) + ": " + std::to_string(least) + " MACs of 1000"));
}

TEST_CASE("a narrow feasible region is found and filled", "[search][evolution]") {
  const SearchSpace space = test::published_space();
  const double least = static_cast<double>(macs(space, smallest(space)));
  Evolution evolution(space, {.population = 30, .seed = 7}, at_most(space, 1.1 * least));
  CHECK(evolution.ask().size() == 30);
}
