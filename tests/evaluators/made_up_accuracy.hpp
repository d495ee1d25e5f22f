#pragma once
#include <cmath>

#include "evaluators/accuracy_survey.hpp"
#include "search/space/subnet.hpp"

namespace thimble::test {

/// A smooth function of what a subnet chooses, from 0.6 to below 1: more of everything is better, at a decreasing rate.
inline double made_up_top1(const Subnet& subnet) {
  double merit = 0.02 * subnet.resolution + 1.5 * subnet.width_multiplier;
  for (std::size_t s = 0; s < subnet.stages.size(); ++s)
    for (const BlockChoice& block : subnet.stages[s])
      merit += 0.03 * block.kernel_size + (s == 0 ? 0.05 : 0.15) * block.expansion_ratio;
  return 1 - 0.4 * std::exp(-0.5 * merit);
}

/// @param noise  standard deviation of what is added to top1
inline std::vector<AccuracyPair> made_up_pairs(const SearchSpace& space, int count, double noise = 0) {
  std::vector<AccuracyPair> pairs;
  for (const Subnet& subnet : stratified_subnets(space, count, 1)) {
    Rng rng({7, pairs.size()});
    const double top1 = made_up_top1(subnet), even = noise * rng.normal(), odd = noise * rng.normal();
    pairs.push_back({subnet, top1 + (even + odd) / 2, top1 + even, top1 + odd});
  }
  return pairs;
}

}  // namespace thimble::test
