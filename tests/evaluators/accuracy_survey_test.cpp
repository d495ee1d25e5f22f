#include "evaluators/accuracy_survey.hpp"

#include <map>
#include <set>

#include "evaluators/subnet_encoding.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/made_up_accuracy.hpp"
#include "tests/evaluators/temporary_database.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

/// Knows all accuracies, and counts how often it is asked.
struct CountingEvaluator final : Evaluator {
  int asked = 0;
  std::string_view name() const override { return "accuracy_halves"; }
  void evaluate(std::span<Candidate> candidates) override {
    for (Candidate& candidate : candidates) {
      ++asked;
      const double top1 = test::made_up_top1(candidate.subnet);
      candidate.metrics[metric::kTop1] = {top1};
      candidate.metrics[metric::kTop1Even] = {top1 - 0.01};
      candidate.metrics[metric::kTop1Odd] = {top1 + 0.01};
    }
  }
};

}  // namespace

TEST_CASE("surveyed subnets differ, and every resolution and width has its share", "[evaluators][accuracy_survey]") {
  const SearchSpace space = test::tiny_space();
  const std::vector<Subnet> subnets = stratified_subnets(space, 400, 1);
  std::set<std::string> different;
  std::map<std::pair<int, double>, int> shares;
  for (const Subnet& subnet : subnets) {
    CHECK(why_outside(subnet, space).empty());
    different.insert(to_text(subnet));
    ++shares[{subnet.resolution, subnet.width_multiplier}];
  }
  CHECK(different.size() == 400);
  CHECK(shares.size() == 4);
  for (const auto& [stratum, count] : shares) CHECK(count == 100);
  const std::vector<Subnet> fewer = stratified_subnets(space, 123, 1);
  CHECK(fewer == std::vector<Subnet>(subnets.begin(), subnets.begin() + 123));
  CHECK(stratified_subnets(space, 10, 2) != stratified_subnets(space, 10, 1));
}

TEST_CASE("a survey ends where the space has no more subnets", "[evaluators][accuracy_survey]") {
  SearchSpace space = test::tiny_space();
  space.stages = {{16, 2, {1}, {3, 5}, {2, 3}}};  // 2 resolutions x 2 widths x 4
  CHECK(stratified_subnets(space, 100, 1).size() == 16);
}

TEST_CASE("what a survey measured is never measured again, and a search finds it", "[evaluators][accuracy_survey]") {
  const SearchSpace space = test::tiny_space();
  const test::TemporaryDatabase database("accuracy_survey");
  EvaluationStore store(database.path());
  CountingEvaluator accuracy;
  AccuracySurveyOptions options{.pairs = 12, .key = "weights/pictures"};
  const auto pairs = survey_accuracy(space, accuracy, store, options);
  CHECK(accuracy.asked == 12);
  options.pairs = 20;
  int told = 0;
  options.progress = [&](int done) { told = done; };
  const auto more = survey_accuracy(space, accuracy, store, options);
  CHECK(accuracy.asked == 20);
  CHECK(told == 20);
  CHECK(more[3].subnet == pairs[3].subnet);
  CHECK(more[3].top1 == test::made_up_top1(pairs[3].subnet));
  CHECK(more[3].top1_even == Approx(more[3].top1 - 0.01));
  CHECK(more[3].top1_odd == Approx(more[3].top1 + 0.01));
  Candidate asked{pairs[0].subnet, {}, {}};
  CHECK(store.find("accuracy@weights/pictures", asked));
  CHECK(asked.value(metric::kTop1) == pairs[0].top1);
  CHECK(asked.metrics.size() == 1);
  options.key = "other weights";
  survey_accuracy(space, accuracy, store, options);
  CHECK(accuracy.asked == 40);
}

TEST_CASE("a subnet is encoded as one one per choice", "[evaluators][accuracy_survey]") {
  const SearchSpace space = test::tiny_space();
  const Subnet subnet = *parse_subnet("r24-w0.5-k3e4-k5e3.k3e4", space);
  // 16, 24; 0.5, 1; twice (3, 5, 7; 2, 3, 4); twice (3, 5; 3, 4)
  const std::vector<double> row{0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1};
  CHECK(encode(space, subnet) == row);
  const std::vector<std::string> columns = encoding_columns(space);
  CHECK(columns.size() == row.size());
  CHECK(columns[1] == "resolution 24");
  CHECK(columns[2] == "width 0.5");
  CHECK(columns.back() == "stage2.block2 expansion 4");
  const std::vector<double> with_costs = encode_with_costs(space, subnet);
  CHECK(with_costs.size() == row.size() + 2);
  CHECK(with_costs[row.size()] == Approx(std::log(macs(space, subnet))));
  CHECK(with_costs[row.size() + 1] == Approx(std::log(params(space, subnet))));
}
