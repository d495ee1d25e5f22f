#pragma once
#include <span>

namespace thimble {

/// Kendall's tau-b: how many more of all pairs are ordered the same way in `a` and in `b` than the other way round, as
/// a share, corrected for ties (Kendall 1945; counted in n log n, Knight 1966). 0 where either has only equal values.
/// @pre as many values in both
double kendall_tau(std::span<const double> a, std::span<const double> b);

/// Spearman's rho: the correlation of the ranks; equal values share the mean of theirs.
double spearman_rho(std::span<const double> a, std::span<const double> b);

/// Pearson's correlation. 0 where either is constant.
double pearson_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace thimble
