#pragma once
#include <string>
#include <vector>

namespace thimble {

/// How a supernet (or one subnet) is trained: SGD with Nesterov momentum on cross entropy.
struct TrainRecipe {
  int batch = 64;
  int largest_steps = 1500;    ///< first phase: the largest subnet alone; then its channels are sorted by L1 norm
  int sampled_steps = 2500;    ///< second phase: random subnets, the mean of their gradients
  int subnets_per_step = 4;    ///< of the second phase; all of a step see one batch at one random resolution
  bool sandwich = false;       ///< second phase: largest, smallest and random ones between (needs >= 2 per step)
  double distillation = 0;     ///< with sandwich: share of the loss that follows the largest subnet's answers, [0, 1]
  double learning_rate = 0.2;  ///< peak of the first phase
  double sampled_learning_rate = 0.1;  ///< peak of the second phase
  int warm_up_steps = 50;              ///< linear, of each phase; then a cosine down to 0
  double momentum = 0.9;
  double weight_decay = 4e-5;  ///< not on batch norms and biases
  double label_smoothing = 0.1;
  double gradient_clip = 5;    ///< largest L2 norm of the (mean) gradient; 0: none
  int crop_pixels = 4;         ///< random shift by at most so many pixels of the stored size
  bool flip = true;            ///< mirror left and right with chance 1/2
  double colour_jitter = 0.1;  ///< brightness and contrast drawn from 1 +- this
};

/// Steps that `train` and `fine_tune` run.
inline int total_steps(const TrainRecipe& recipe) { return recipe.largest_steps + recipe.sampled_steps; }

/// A rule that a recipe breaks.
struct RecipeProblem {
  std::string field;  ///< of TrainRecipe, the same word as the key in a job file: "learning_rate"
  std::string rule;   ///< "must be > 0"
};

/// All that is wrong with a recipe, in the order of its fields; empty if it is sound. The one place of these rules.
std::vector<RecipeProblem> validate(const TrainRecipe& recipe);

}  // namespace thimble
