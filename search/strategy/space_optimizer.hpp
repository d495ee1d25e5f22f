#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "search/space/fit.hpp"
#include "search/space/space.hpp"

namespace thimble {

/// What is known of the subnets at one resolution and width multiplier.
struct SpaceScore {
  int resolution = 0;
  double width_multiplier = 1;
  int samples = 0;
  double mean_macs = 0;            ///< of the subnets that fit; 0 if none does
  std::vector<std::int64_t> macs;  ///< of the subnets that fit, ascending
  Fit nearest_miss;                ///< of those that do not fit; excess 0 where all do

  int fitting() const { return static_cast<int>(macs.size()); }
  double share() const { return samples > 0 ? static_cast<double>(fitting()) / samples : 0; }
};

/// A point of a cumulative distribution: `share` of the subnets that fit have at most `macs`.
struct CdfPoint {
  std::int64_t macs = 0;
  double share = 0;
};

/// The distribution at 1/points, 2/points, ..., 1 of the subnets that fit; empty if none does.
std::vector<CdfPoint> cdf(const SpaceScore& score, int points = 50);

struct SpaceOptimizerOptions {
  int samples = 1000;         ///< subnets per resolution and width
  double least_share = 0.01;  ///< spaces where less fits rank behind the others: their mean says little
  std::uint64_t seed = 1;
  int threads = 1;  ///< `fits` is called from so many at once; the result is the same
  std::function<void(int done, int total)> progress{};  ///< after every space, one call at a time; may throw to stop
};

/// MCUNet's space optimisation (Lin et al. 2020, section 3.1): at each resolution and width multiplier subnets are
/// sampled, those that meet the limits are kept, and spaces are ranked by the mean MACs of what fits, because among
/// networks that fit the larger ones tend to be the more accurate. Needs no training.
///
/// All spaces are judged by the same depths, kernels and expansion ratios (common random numbers).
/// @return one score per resolution and width, best first
std::vector<SpaceScore> rank_spaces(const SearchSpace& space, const FitCheck& fits,
                                    const SpaceOptimizerOptions& options = {});

/// The space with the resolutions and widths that occur in the `keep` best scores (all that fit where keep is 0).
/// @error DoesNotFitError  nothing fits anywhere; names the nearest miss
SearchSpace prune(const SearchSpace& space, const std::vector<SpaceScore>& ranking, int keep);

}  // namespace thimble
