#include "profiler/statistics.hpp"

#include <algorithm>
#include <numeric>

#include "graph/base/check.hpp"

namespace thimble {

RunStatistics statistics_of(const std::vector<std::int64_t>& values) {
  THIMBLE_CHECK(!values.empty(), "statistics of no runs");
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  RunStatistics result;
  result.median_index = order[(order.size() - 1) / 2];
  result.median = values[result.median_index];
  const auto range = static_cast<double>(values[order.back()] - values[order.front()]);
  result.spread = result.median > 0 ? range / static_cast<double>(result.median) : 0;
  return result;
}

}  // namespace thimble
