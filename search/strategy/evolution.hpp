#pragma once
#include "search/strategy/feasible_draws.hpp"
#include "search/strategy/pareto.hpp"
#include "search/strategy/strategy.hpp"

namespace thimble {

/// Defaults: MCUNet, appendix E.
struct EvolutionConfig {
  int population = 100;                            ///< subnets per generation
  int parents = 20;                                ///< the best so far, whose mutants and children come next
  double mutation_share = 0.5;                     ///< of a generation; the others come from crossover
  double mutation_probability = 0.1;               ///< per gene
  double outer_mutation_probability = 0.1;         ///< of resolution and of width
  std::vector<Objective> objectives{Objective{}};  ///< one: the best value; several: a Pareto front
  int max_rejections = 10000;                      ///< draws in vain, in a row, before a child is given up
  std::uint64_t seed = 1;
};

/// Evolution under limits (MCUNet, once-for-all): the first generation is sampled, later ones are mutants and children
/// of the best, each drawn again until it meets the limits. Several objectives: parents by rank, then by crowding
/// distance (NSGA-II). The order in which answers are told does not matter.
class Evolution final : public Strategy {
 public:
  Evolution(const SearchSpace& space, const EvolutionConfig& config, FitCheck fits);
  std::string_view name() const override { return "evolution"; }
  /// @error DoesNotFitError  no subnet that meets the limits was found at all
  std::vector<Subnet> ask() override;
  /// Candidates that are rejected, or whose objective is not a number, do not become parents.
  /// @error Error  a candidate lacks an objective
  void tell(std::span<const Candidate> candidates) override;

 private:
  struct Individual {
    Subnet subnet;
    std::string text;
    Point point;
  };

  void select_parents();
  Subnet child(bool by_mutation, Rng& rng) const;

  EvolutionConfig config_;
  FeasibleDraws draws_;
  std::vector<Individual> parents_;  ///< best first
  std::uint64_t generation_ = 0;
};

}  // namespace thimble
