#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace thimble {

struct RunStatistics {
  std::int64_t median = 0;  ///< of an even number, the lower one of the middle two: a value that was seen
  std::size_t median_index = 0;
  double spread = 0;  ///< (most - least) / median
};

/// @pre not empty
RunStatistics statistics_of(const std::vector<std::int64_t>& values);

}  // namespace thimble
