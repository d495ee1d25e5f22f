#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evaluators/cached_evaluator.hpp"
#include "search/space/evaluator.hpp"
#include "search/space/subnet.hpp"

namespace thimble {

/// Top-1 of the even and of the odd pictures alone: how much of a difference is chance.
namespace metric {
inline constexpr const char* kTop1Even = "top1_even";
inline constexpr const char* kTop1Odd = "top1_odd";
}  // namespace metric

/// A subnet and its accuracy with a supernet's weights, as fractions of the pictures.
struct AccuracyPair {
  Subnet subnet;
  double top1 = 0;
  double top1_even = 0, top1_odd = 0;  ///< of two disjoint halves of the pictures
};

/// Different random subnets, the same number of every pair of resolution and width (but for the last round), all else
/// uniform. The first n of a longer list are the list of n. Fewer where the space has no more.
std::vector<Subnet> stratified_subnets(const SearchSpace& space, int count, std::uint64_t seed);

struct AccuracySurveyOptions {
  int pairs = 1000;
  std::uint64_t seed = 1;
  /// All that the accuracies depend on besides the subnet: as the search has it, so that it measures none of them
  /// again.
  std::string key{};
  /// Called after each pair; what it throws ends the survey.
  std::function<void(int done)> progress{};
};

/// Measures random subnets of the space. Whatever is in `store` already is looked up, so a survey that was broken off
/// goes on where it was.
/// @param accuracy  finds metric::kTop1, kTop1Even and kTop1Odd
std::vector<AccuracyPair> survey_accuracy(const SearchSpace& space, Evaluator& accuracy, EvaluationStore& store,
                                          const AccuracySurveyOptions& options);

}  // namespace thimble
