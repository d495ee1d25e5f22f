#include "search/space/space.hpp"

#include <algorithm>
#include <cmath>

namespace thimble {

int SearchSpace::block_count() const {
  int count = 0;
  for (const Stage& stage : stages) count += stage.max_depth();
  return count;
}

int scaled_width(int base_width, double width_multiplier) {
  constexpr int kDivisor = 8;
  const double wanted = base_width * width_multiplier;
  const int nearest = std::max(kDivisor, static_cast<int>(wanted + kDivisor / 2) / kDivisor * kDivisor);
  return nearest < 0.9 * wanted ? nearest + kDivisor : nearest;
}

double log10_size(const SearchSpace& space) {
  double log10_count = std::log10(static_cast<double>(space.resolutions.size() * space.width_multipliers.size()));
  for (const Stage& stage : space.stages) {
    const double blocks = static_cast<double>(stage.kernel_sizes.size() * stage.expansion_ratios.size());
    double stage_count = 0;
    for (int depth : stage.depths) stage_count += std::pow(blocks, depth);
    log10_count += std::log10(stage_count);
  }
  return log10_count;
}

}  // namespace thimble
