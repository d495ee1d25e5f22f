#pragma once
#include <vector>

#include "supernet/recipe/recipe.hpp"

namespace thimble {

/// Where a step of a training stands.
struct StepPlace {
  std::size_t phase = 0;  ///< index into the recipe's phases
  int step = 0;           ///< of the phase, from 0
  int steps = 0;          ///< that the phase has
};

/// The steps of a recipe's phases, one after the other.
class Schedule {
 public:
  explicit Schedule(const TrainRecipe& recipe);

  int steps() const { return total_; }
  StepPlace at(int step) const;
  double learning_rate(int step) const;
  /// True for the first step of a phase.
  bool begins_phase(int step) const { return step < total_ && at(step).step == 0; }

 private:
  const TrainRecipe& recipe_;
  std::vector<int> steps_;
  int total_ = 0;
};

}  // namespace thimble
