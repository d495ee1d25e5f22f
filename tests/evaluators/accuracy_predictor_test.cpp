#include "evaluators/accuracy_predictor.hpp"

#include <algorithm>

#include "evaluators/accuracy_predictor_file.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/made_up_accuracy.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

PredictorQuality quality_on(const AccuracyPredictor& predictor, std::span<const AccuracyPair> unseen) {
  std::vector<double> predicted, measured;
  for (const AccuracyPair& pair : unseen) {
    predicted.push_back(*predictor.predict(pair.subnet));
    measured.push_back(pair.top1);
  }
  return predictor_quality(predicted, measured);
}

}  // namespace

TEST_CASE("every kind of model ranks subnets it has not seen", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  const auto pairs = test::made_up_pairs(space, 300);
  const auto unseen = std::span(pairs).last(100);
  for (const std::string& model : AccuracyPredictor::models()) {
    INFO(model);
    const AccuracyPredictor predictor = AccuracyPredictor::fit(space, std::span(pairs).first(200), model, 1);
    CHECK(predictor.model_name() == model);
    const PredictorQuality quality = quality_on(predictor, unseen);
    CHECK(quality.kendall_tau > 0.9);
    CHECK(quality.spearman_rho > 0.98);
    CHECK(quality.mean_error < 0.01);
    CHECK(quality.pairs == 100);
  }
}

TEST_CASE("a predictor of shuffled accuracies is worth nothing, and says so", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  auto pairs = test::made_up_pairs(space, 260);
  std::vector<double> top1;
  for (const AccuracyPair& pair : pairs) top1.push_back(pair.top1);
  Rng rng({3});
  rng.shuffle(top1);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].top1 = top1[i];
  const AccuracyPredictor predictor = AccuracyPredictor::fit(space, std::span(pairs).first(160), "kernel_ridge", 1);
  const PredictorQuality quality = quality_on(predictor, std::span(pairs).last(100));
  CHECK(std::abs(quality.kendall_tau) < 0.25);
  const auto reasons = reasons_against(space, quality, 160);
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].find("below 0.7") != std::string::npos);
}

TEST_CASE("the best in cross-validation is chosen, judged by pairs held out, and is always the same",
          "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  const auto pairs = test::made_up_pairs(space, 100, 0.003);
  PredictorOptions options{.folds = 2, .threads = 1};
  const ChosenPredictor chosen = choose_predictor(space, pairs, options);
  CHECK(chosen.training_pairs == 80);
  REQUIRE(chosen.scores.size() == 3);
  for (const ModelScore& score : chosen.scores) {
    CHECK(score.cross_validated.pairs == 80);
    CHECK(score.held_out.pairs == 20);
    CHECK(score.cross_validated.kendall_tau <= chosen.score().cross_validated.kendall_tau);
  }
  CHECK(chosen.score().held_out.kendall_tau > 0.8);
  options.threads = 3;
  int done = 0, all = 0;
  options.progress = [&](int fits, int of) { done = fits, all = of; };
  const ChosenPredictor again = choose_predictor(space, pairs, options);
  CHECK(done == 9);
  CHECK(all == 9);
  CHECK(again.scores == chosen.scores);
  CHECK(to_text({{}, again.predictor}) == to_text({{}, chosen.predictor}));
}

TEST_CASE("held-out accuracies change no fit and no choice", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  auto pairs = test::made_up_pairs(space, 100, 0.003);
  const PredictorOptions options{.models = {"kernel_ridge", "ridge"}, .folds = 2};
  const ChosenPredictor chosen = choose_predictor(space, pairs, options);
  // whatever changes no cross-validated figure was held out
  int held_out = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    auto changed = pairs;
    changed[i].top1 = 0.1;
    const ChosenPredictor other = choose_predictor(space, changed, options);
    const bool same = other.scores[1].cross_validated == chosen.scores[1].cross_validated;
    if (!same) continue;
    ++held_out;
    CHECK(to_text({{}, other.predictor}) == to_text({{}, chosen.predictor}));
    CHECK(other.scores[1].held_out != chosen.scores[1].held_out);
  }
  CHECK(held_out > 0);
  CHECK(held_out < 8);
}

TEST_CASE("a subnet is refused that the pairs say nothing of", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  auto pairs = test::made_up_pairs(space, 60);
  std::erase_if(pairs, [](const AccuracyPair& pair) { return pair.subnet.stages[0][0].kernel_size == 7; });
  const AccuracyPredictor predictor = AccuracyPredictor::fit(space, pairs, "ridge", 1);
  const auto seen = predictor.predict(*parse_subnet("r16-w1-k3e4-k5e3", space));
  REQUIRE(seen.has_value());
  CHECK(*seen == Approx(test::made_up_top1(*parse_subnet("r16-w1-k3e4-k5e3", space))).margin(0.02));
  const auto unseen = predictor.predict(*parse_subnet("r16-w1-k7e4-k5e3", space));
  REQUIRE_FALSE(unseen.has_value());
  CHECK(unseen.error() == "no measured subnet had stage1.block1 kernel 7");
  Subnet foreign = *parse_subnet("r16-w1-k3e4-k5e3", space);
  foreign.resolution = 32;
  CHECK(predictor.predict(foreign).error() == "resolution 32 is not in the space (16, 24)");
}

TEST_CASE("noise of the pictures bounds what a predictor can reach", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();
  const AccuracyNoise none = accuracy_noise(test::made_up_pairs(space, 200));
  CHECK(none.tau_between_halves == Approx(1));
  CHECK(none.tau_ceiling == Approx(1));
  const AccuracyNoise some = accuracy_noise(test::made_up_pairs(space, 200, 0.02));
  const AccuracyNoise more = accuracy_noise(test::made_up_pairs(space, 200, 0.1));
  CHECK(some.tau_between_halves < 0.95);
  CHECK(some.tau_between_halves > more.tau_between_halves);
  CHECK(some.tau_ceiling > some.tau_between_halves);  // the whole set is less noisy than its halves
  CHECK(some.tau_ceiling > more.tau_ceiling);
}

TEST_CASE("few pairs are a reason not to trust a predictor", "[evaluators][accuracy_predictor]") {
  const SearchSpace space = test::tiny_space();  // 24 columns
  CHECK(reasons_against(space, {.kendall_tau = 0.9, .pairs = 50}, 96).empty());
  CHECK(reasons_against(space, {.kendall_tau = 0.9, .pairs = 50}, 95).size() == 1);
  CHECK(reasons_against(space, {.kendall_tau = 0.9, .pairs = 49}, 96).size() == 1);
  CHECK(reasons_against(space, {.kendall_tau = 0.69, .pairs = 10}, 10).size() == 3);
}
