#include "evaluators/rank_correlation.hpp"

#include <cmath>
#include <vector>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

int sign(double value) { return (value > 0) - (value < 0); }

/// Tau-b by its definition, over all pairs.
double tau_of_all_pairs(const std::vector<double>& a, const std::vector<double>& b) {
  double both = 0, of_a = 0, of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const int first = sign(a[i] - a[j]), second = sign(b[i] - b[j]);
      both += first * second, of_a += first * first, of_b += second * second;
    }
  return of_a > 0 && of_b > 0 ? both / std::sqrt(of_a * of_b) : 0;
}

}  // namespace

TEST_CASE("Kendall's tau is that of all pairs, with and without ties", "[evaluators][rank_correlation]") {
  for (const std::uint64_t values : {2, 3, 7, 1000})
    for (std::size_t size = 0; size < 60; ++size) {
      Rng rng({values, size});
      std::vector<double> a(size), b(size);
      for (std::size_t i = 0; i < size; ++i) {
        a[i] = static_cast<double>(rng.below(values));
        b[i] = rng.chance(0.5) ? a[i] : static_cast<double>(rng.below(values));
      }
      CHECK(kendall_tau(a, b) == Approx(tau_of_all_pairs(a, b)).margin(1e-12));
    }
}

TEST_CASE("rank correlations by hand", "[evaluators][rank_correlation]") {
  const std::vector<double> up{1, 2, 3, 4}, down{9, 7, 5, 1}, same{2, 2, 2, 2}, one_swap{1, 3, 2, 4};
  CHECK(kendall_tau(up, up) == Approx(1));
  CHECK(kendall_tau(up, down) == Approx(-1));
  CHECK(kendall_tau(up, same) == 0);
  CHECK(kendall_tau(up, one_swap) == Approx(4.0 / 6));  // 5 pairs agree, 1 does not
  CHECK(spearman_rho(up, one_swap) == Approx(0.8));     // 1 - 6 * (1 + 1) / (4 * 15)
  CHECK(spearman_rho(up, std::vector<double>{1, 10, 100, 1000}) == Approx(1));
  CHECK(spearman_rho(std::vector<double>{1, 1, 2}, std::vector<double>{3, 3, 9}) == Approx(1));
  CHECK(pearson_correlation(up, down) == Approx(-0.98270763));
  CHECK(pearson_correlation(up, same) == 0);
}
