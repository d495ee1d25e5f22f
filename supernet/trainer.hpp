#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph/base/result.hpp"
#include "search/space/subnet.hpp"
#include "supernet/data/data.hpp"
#include "supernet/supernet.hpp"

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

struct TrainProgress {
  int step = 0;  ///< steps done
  int total = 0;
  double loss = 0;  ///< of this step, mean over its subnets
  double learning_rate = 0;
  double images_per_second = 0;  ///< batch pictures, each counted once per subnet
};

/// One point of the training curve.
struct CurvePoint {
  int step = 0;
  double loss = 0;  ///< mean since the last point
  double learning_rate = 0;
};

struct TrainOptions {
  std::uint64_t seed = 1;
  int threads = 2;
  std::string checkpoint;  ///< path; empty: none. An existing one of the same training is continued
  int checkpoint_every_steps = 200;
  int curve_every_steps = 20;
  std::function<void(const TrainProgress&)> progress;  ///< called after every step
  const std::atomic<bool>* stop = nullptr;             ///< becomes true (Ctrl-C): write a checkpoint and return
};

struct TrainReport {
  bool interrupted = false;       ///< the stop flag ended it; call again to continue
  int first_step = 0;             ///< > 0: continued from a checkpoint
  int steps = 0;                  ///< done in all
  std::vector<CurvePoint> curve;  ///< from step 0 on, also over an interruption
};

/// The loss is no number any more or the training ran away.
struct Diverged {
  int step = 0;
  double loss = 0;
  std::string message;  ///< with the step, the loss and what to change
};

/// Trains all subnets of the supernet's space together. Deterministic for one number of threads; an interrupted or
/// killed training that is called again with the same arguments continues from its checkpoint and ends with the same
/// bits.
/// @error Error  the checkpoint cannot be written, is damaged, or belongs to another space, recipe, seed or data; the
///               pictures and the space differ in their number of classes
[[nodiscard]] Result<TrainReport, Diverged> train(Supernet& supernet, const ImageSet& images, const TrainRecipe& recipe,
                                                  const TrainOptions& options);

/// Trains one subnet alone, from the weights that `supernet` has (fresh ones: training from scratch). Runs
/// largest_steps + sampled_steps steps in one phase with `learning_rate`, at the subnet's resolution.
/// Same checkpoint rules and errors as `train`.
[[nodiscard]] Result<TrainReport, Diverged> fine_tune(Supernet& supernet, const Subnet& subnet, const ImageSet& images,
                                                      const TrainRecipe& recipe, const TrainOptions& options);

/// Steps that `train` and `fine_tune` run.
inline int total_steps(const TrainRecipe& recipe) { return recipe.largest_steps + recipe.sampled_steps; }

/// What is wrong with a recipe: "learning_rate must be > 0", ... Empty if sound.
std::vector<std::string> validate(const TrainRecipe& recipe);

}  // namespace thimble
