#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "search/space/fit.hpp"

namespace thimble {

/// New subnets that meet the limits, by drawing until one does. Gives no subnet twice and checks none twice.
class FeasibleDraws {
 public:
  /// @param max_rejections  draws in vain, in a row, after which `draw_sample` gives up
  FeasibleDraws(SearchSpace space, FitCheck fits, int max_rejections);

  /// Draws until a subnet is new and fits; none after `tries` draws.
  std::optional<Subnet> draw(int tries, const std::function<Subnet()>& proposal);
  /// A uniform sample that is new and fits. Where samples rarely fit, mutants of those that do (and the smallest subnet
  /// of the space) are tried in turn with them, so that a narrow feasible region is filled too.
  std::optional<Subnet> draw_sample(Rng& rng);

  /// Takes a subnet as given, e.g. from a stored search.
  void mark_seen(const Subnet& subnet);
  const SearchSpace& space() const { return space_; }

  /// Says that nothing fits, with the number of subnets that were tried and the nearest miss.
  [[noreturn]] void throw_nothing_fits() const;
  bool found_any() const { return !fitting_.empty(); }

 private:
  bool accept(const Subnet& subnet);

  SearchSpace space_;
  FitCheck fits_;
  int max_rejections_;
  std::set<std::string> seen_;   ///< given or checked, by text
  std::vector<Subnet> fitting_;  ///< in the order of drawing
  int checked_ = 0;
  Subnet nearest_;
  std::optional<Fit> nearest_miss_;
};

}  // namespace thimble
