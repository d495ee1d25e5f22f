#include "search/strategy/space_optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <set>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kStream = 0x5350414345;  // "SPACE"

SpaceScore score_of(const SearchSpace& space, const FitCheck& fits, const SpaceOptimizerOptions& options) {
  SpaceScore score{space.resolutions[0], space.width_multipliers[0], options.samples, 0, {}, {}};
  for (int i = 0; i < options.samples; ++i) {
    Rng rng({options.seed, kStream, static_cast<std::uint64_t>(i)});
    const Subnet subnet = sample(space, rng);
    const Fit fit = fits(subnet);
    if (fit.holds())
      score.macs.push_back(macs(space, subnet));
    else if (score.nearest_miss.holds() || fit.excess < score.nearest_miss.excess)
      score.nearest_miss = fit;
  }
  std::sort(score.macs.begin(), score.macs.end());
  if (!score.macs.empty())
    score.mean_macs = std::accumulate(score.macs.begin(), score.macs.end(), 0.0) / score.fitting();
  return score;
}

std::vector<SearchSpace> single_spaces(const SearchSpace& space) {
  std::vector<SearchSpace> singles;
  for (int resolution : space.resolutions) {
    for (double width : space.width_multipliers) {
      singles.push_back(space);
      singles.back().resolutions = {resolution};
      singles.back().width_multipliers = {width};
    }
  }
  return singles;
}

}  // namespace

std::vector<CdfPoint> cdf(const SpaceScore& score, int points) {
  std::vector<CdfPoint> result;
  if (score.macs.empty()) return result;
  for (int i = 1; i <= points; ++i) {
    const double share = static_cast<double>(i) / points;
    const auto rank = static_cast<std::size_t>(std::ceil(share * score.fitting()));
    result.push_back({score.macs[std::max<std::size_t>(rank, 1) - 1], share});
  }
  return result;
}

std::vector<SpaceScore> rank_spaces(const SearchSpace& space, const FitCheck& fits,
                                    const SpaceOptimizerOptions& options) {
  const std::vector<SearchSpace> singles = single_spaces(space);
  std::vector<SpaceScore> scores(singles.size());
  std::mutex mutex;
  int done = 0;
  parallel_for(static_cast<int>(singles.size()), options.threads, [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    scores[index] = score_of(singles[index], fits, options);
    const std::lock_guard lock(mutex);
    ++done;
    if (options.progress) options.progress(done, static_cast<int>(singles.size()));
  });
  const auto judged = [&](const SpaceScore& score) { return score.share() >= options.least_share; };
  std::stable_sort(scores.begin(), scores.end(), [&](const SpaceScore& a, const SpaceScore& b) {
    return judged(a) != judged(b) ? judged(a) : a.mean_macs > b.mean_macs;
  });
  return scores;
}

SearchSpace prune(const SearchSpace& space, const std::vector<SpaceScore>& ranking, int keep) {
  std::set<int> resolutions;
  std::set<double> widths;
  const SpaceScore* nearest = nullptr;
  int samples = 0, kept = 0;
  for (const SpaceScore& score : ranking) {
    samples += score.samples;
    if (!nearest || score.nearest_miss.excess < nearest->nearest_miss.excess) nearest = &score;
    if (score.fitting() == 0 || (keep > 0 && kept == keep)) continue;
    ++kept;
    resolutions.insert(score.resolution);
    widths.insert(score.width_multiplier);
  }
  if (resolutions.empty())
    throw DoesNotFitError(
        "none of " + std::to_string(samples) + " subnets of space \"" + space.name +
        "\" meets the limits; the nearest miss: " + (nearest ? nearest->nearest_miss.reason : "there are none"));
  SearchSpace pruned = space;
  pruned.resolutions.assign(resolutions.begin(), resolutions.end());
  pruned.width_multipliers.assign(widths.begin(), widths.end());
  return pruned;
}

}  // namespace thimble
