#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

namespace thimble::test {

using Floats = std::vector<float>;

inline Floats random(std::int64_t count, std::uint64_t seed, double from = -1, double to = 1) {
  Rng rng({seed});
  Floats values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(rng.uniform(from, to)));
  return values;
}

template <class Values>
void check_near(const Values& a, const Values& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(double(a[i]) - double(b[i])) / (1 + std::abs(double(b[i]))));
  CHECK(worst < 2e-5);
}

}  // namespace thimble::test
