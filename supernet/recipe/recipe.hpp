#pragma once
#include <string>
#include <vector>

#include "supernet/recipe/augmentation.hpp"
#include "supernet/recipe/phase.hpp"

namespace thimble {

/// How a supernet (or one subnet) is trained, on cross entropy. configs/recipes has the published ones.
///
/// The budget is counted in passes, a batch through one subnet and back, so that recipes with one and with four subnets
/// per step compare.
struct TrainRecipe {
  int batch = 64;
  int shards = 1;     ///< equal parts of a batch, each with batch-norm statistics of its own; ranks share them out
  int passes = 6500;  ///< of all phases together
  std::vector<Phase> phases = mcunet_phases();
  double learning_rate = 0.2;
  double warm_up = 0.02;           ///< linear, over so much of each phase; then a cosine down to 0; [0, 1)
  std::string optimizer = "sgd";   ///< with Nesterov momentum; or "adamw" (Loshchilov, Hutter, arXiv:1711.05101)
  double momentum = 0.9;           ///< sgd's, and adamw's beta 1
  double second_momentum = 0.999;  ///< adamw's beta 2
  double weight_decay = 4e-5;      ///< not on batch norms and biases
  double label_smoothing = 0.1;
  double gradient_clip = 5;  ///< largest L2 norm of the (mean) gradient; 0: none
  double averaging = 0;      ///< decay of the weights' exponential moving average, which each phase ends with; 0: none
  Augmentation augmentation;
};

/// Steps of each phase: its share of the passes, at least one step.
std::vector<int> steps_of_phases(const TrainRecipe& recipe);

/// Steps that `train` runs.
int total_steps(const TrainRecipe& recipe);

/// The same budget, optimizer and augmentation in one plain phase: for one network alone.
TrainRecipe in_one_phase(const TrainRecipe& recipe, const std::string& name);

/// A rule that a recipe breaks.
struct RecipeProblem {
  std::string field;  ///< as in YAML: "learning_rate", "augmentation.crop_pixels", "phases[1].share"
  std::string rule;   ///< "must be > 0"
};

/// All that is wrong with a recipe, in the order of its fields; empty if it is sound. The one place of these rules.
std::vector<RecipeProblem> validate(const TrainRecipe& recipe);

}  // namespace thimble
