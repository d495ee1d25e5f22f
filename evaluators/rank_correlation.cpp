#include "evaluators/rank_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

using Order = std::vector<std::size_t>;

/// Pairs within runs of neighbours that are the same.
template <class Same>
std::int64_t tied_pairs(std::size_t count, const Same& same) {
  std::int64_t pairs = 0, run = 1;
  for (std::size_t i = 1; i <= count; ++i) {
    if (i < count && same(i - 1, i)) {
      ++run;
      continue;
    }
    pairs += run * (run - 1) / 2;
    run = 1;
  }
  return pairs;
}

/// Sorts by merging, and counts the exchanges of neighbours that a bubble sort would need.
std::int64_t sort_counting(std::vector<double>& values, std::size_t begin, std::size_t end) {
  if (end - begin < 2) return 0;
  const std::size_t middle = begin + (end - begin) / 2;
  std::int64_t exchanges = sort_counting(values, begin, middle) + sort_counting(values, middle, end);
  std::vector<double> merged;
  for (std::size_t left = begin, right = middle; left < middle || right < end;) {
    if (right == end || (left < middle && values[left] <= values[right])) {
      merged.push_back(values[left++]);
    } else {
      merged.push_back(values[right++]);
      exchanges += static_cast<std::int64_t>(middle - left);
    }
  }
  std::copy(merged.begin(), merged.end(), values.begin() + static_cast<std::ptrdiff_t>(begin));
  return exchanges;
}

std::vector<double> ranks_of(std::span<const double> values) {
  Order order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
  }
  return ranks;
}

}  // namespace

double kendall_tau(std::span<const double> a, std::span<const double> b) {
  THIMBLE_CHECK(a.size() == b.size(), "correlation of lists of different lengths");
  Order order(a.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return a[i] != a[j] ? a[i] < a[j] : b[i] < b[j]; });
  const auto same_a = [&](std::size_t i, std::size_t j) { return a[order[i]] == a[order[j]]; };
  const std::int64_t tied_a = tied_pairs(order.size(), same_a);
  const std::int64_t tied_both = tied_pairs(
      order.size(), [&](std::size_t i, std::size_t j) { return same_a(i, j) && b[order[i]] == b[order[j]]; });
  std::vector<double> others;
  for (const std::size_t i : order) others.push_back(b[i]);
  const std::int64_t discordant = sort_counting(others, 0, others.size());
  const std::int64_t tied_b =
      tied_pairs(others.size(), [&](std::size_t i, std::size_t j) { return others[i] == others[j]; });
  const auto n = static_cast<std::int64_t>(a.size());
  const std::int64_t all = n * (n - 1) / 2;
  if (all == tied_a || all == tied_b) return 0;
  const auto difference = static_cast<double>(all - tied_a - tied_b + tied_both - 2 * discordant);
  return difference / std::sqrt(static_cast<double>(all - tied_a)) / std::sqrt(static_cast<double>(all - tied_b));
}

double spearman_rho(std::span<const double> a, std::span<const double> b) {
  return pearson_correlation(ranks_of(a), ranks_of(b));
}

double pearson_correlation(std::span<const double> a, std::span<const double> b) {
  THIMBLE_CHECK(a.size() == b.size(), "correlation of lists of different lengths");
  if (a.empty()) return 0;
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double both = 0, of_a = 0, of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    both += (a[i] - mean_a) * (b[i] - mean_b);
    of_a += (a[i] - mean_a) * (a[i] - mean_a);
    of_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return of_a > 0 && of_b > 0 ? both / std::sqrt(of_a) / std::sqrt(of_b) : 0;
}

}  // namespace thimble
