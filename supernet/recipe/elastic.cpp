#include <algorithm>

#include "supernet/recipe/phase.hpp"

namespace thimble {
namespace {

template <class T>
void keep_largest(std::vector<T>& ascending, int count) {
  const auto kept = std::min(ascending.size(), static_cast<std::size_t>(count));
  ascending.erase(ascending.begin(), ascending.end() - static_cast<std::ptrdiff_t>(kept));
}

}  // namespace

SearchSpace narrowed(const SearchSpace& space, const Elastic& elastic) {
  SearchSpace part = space;
  keep_largest(part.resolutions, elastic.resolution);
  keep_largest(part.width_multipliers, elastic.width);
  for (Stage& stage : part.stages) {
    keep_largest(stage.depths, elastic.depth);
    keep_largest(stage.kernel_sizes, elastic.kernel);
    keep_largest(stage.expansion_ratios, elastic.expansion);
  }
  return part;
}

}  // namespace thimble
