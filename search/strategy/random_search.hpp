#pragma once
#include "search/strategy/feasible_draws.hpp"
#include "search/strategy/strategy.hpp"

namespace thimble {

struct RandomSearchConfig {
  int population = 100;        ///< subnets per question
  int max_rejections = 10000;  ///< draws in vain, in a row, before the search gives up
  std::uint64_t seed = 1;
};

/// Uniform samples that meet the limits: what every other strategy must beat.
class RandomSearch final : public Strategy {
 public:
  RandomSearch(const SearchSpace& space, const RandomSearchConfig& config, FitCheck fits);
  std::string_view name() const override { return "random"; }
  /// @error DoesNotFitError  no subnet that meets the limits was found at all
  std::vector<Subnet> ask() override;
  void tell(std::span<const Candidate> candidates) override;

 private:
  RandomSearchConfig config_;
  FeasibleDraws draws_;
  std::uint64_t generation_ = 0;
};

}  // namespace thimble
