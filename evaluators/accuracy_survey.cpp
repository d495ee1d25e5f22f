#include "evaluators/accuracy_survey.hpp"

#include <optional>
#include <set>
#include <utility>

#include "search/space/random_subnets.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kStream = 0x616363757261;
/// Draws in a row that bring nothing new before a pair of resolution and width counts as exhausted.
constexpr int kMostIdleDraws = 2000;
constexpr const char* kSearchEvaluator = "accuracy@";  ///< what a search asks the store for

/// The part of a space with one resolution and one width.
std::vector<SearchSpace> strata_of(const SearchSpace& space) {
  std::vector<SearchSpace> strata;
  for (const int resolution : space.resolutions)
    for (const double width : space.width_multipliers) {
      SearchSpace& stratum = strata.emplace_back(space);
      stratum.resolutions = {resolution};
      stratum.width_multipliers = {width};
    }
  return strata;
}

/// What a search would have stored.
void put_for_search(EvaluationStore& store, const std::string& key, const Candidate& measured) {
  const Candidate before{measured.subnet, {}, {}};
  Candidate after = before;
  after.metrics[metric::kTop1] = measured.metrics.at(metric::kTop1);
  store.put(kSearchEvaluator + key, before, after);
}

}  // namespace

std::vector<Subnet> stratified_subnets(const SearchSpace& space, int count, std::uint64_t seed) {
  const std::vector<SearchSpace> strata = strata_of(space);
  std::vector<RandomSubnets> draws;
  for (const SearchSpace& stratum : strata) draws.emplace_back(stratum, seed, kStream + draws.size(), kMostIdleDraws);
  std::set<std::string> seen;
  const auto is_new = [&](const Subnet& subnet) { return seen.insert(to_text(subnet)).second; };
  std::vector<Subnet> subnets;
  const auto wanted = static_cast<std::size_t>(count);
  for (bool more = wanted > 0; more && subnets.size() < wanted;) {
    const std::size_t before = subnets.size();
    for (RandomSubnets& of_stratum : draws)
      if (auto subnet = subnets.size() < wanted ? of_stratum.next(is_new) : std::nullopt)
        subnets.push_back(*std::move(subnet));
    more = subnets.size() > before;
  }
  return subnets;
}

std::vector<AccuracyPair> survey_accuracy(const SearchSpace& space, Evaluator& accuracy, EvaluationStore& store,
                                          const AccuracySurveyOptions& options) {
  CachedEvaluator cached(accuracy, store, options.key);
  std::vector<AccuracyPair> pairs;
  for (Subnet& subnet : stratified_subnets(space, options.pairs, options.seed)) {
    Candidate candidate{std::move(subnet), {}, {}};
    cached.evaluate({&candidate, 1});
    put_for_search(store, options.key, candidate);
    pairs.push_back({candidate.subnet, candidate.value(metric::kTop1), candidate.value(metric::kTop1Even),
                     candidate.value(metric::kTop1Odd)});
    if (options.progress) options.progress(static_cast<int>(pairs.size()));
  }
  return pairs;
}

}  // namespace thimble
