#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph/base/result.hpp"
#include "search/space/subnet.hpp"
#include "supernet/data/data.hpp"
#include "supernet/distributed/ranks.hpp"
#include "supernet/recipe/recipe.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

struct TrainProgress {
  int step = 0;  ///< steps done
  int total = 0;
  std::string phase;  ///< name of the recipe's phase
  double loss = 0;    ///< of this step, mean over its subnets
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
  std::string checkpoint;               ///< path; empty: none. An existing one of the same training is continued
  int checkpoint_every_steps = 200;     ///< 0: by time alone
  double checkpoint_every_seconds = 0;  ///< 0: by steps alone
  int curve_every_steps = 20;
  Ranks* ranks = nullptr;  ///< the processes that train together, each with its share of the shards; null: alone
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

/// Trains all subnets of the supernet's space together, on one process or many. Deterministic, and the same for any
/// number of threads; an interrupted or killed training that is called again with the same arguments on a processor
/// with the same instruction set continues from its checkpoint and ends with the same bits.
/// @error Error  the checkpoint cannot be written, is damaged, or belongs to another space, recipe, seed, data or
///               instruction set; pictures and space do not go together (check_pictures)
[[nodiscard]] Result<TrainReport, Diverged> train(Supernet& supernet, const ImageSet& images, const TrainRecipe& recipe,
                                                  const TrainOptions& options);

/// Trains one subnet alone, from the weights that `supernet` has (fresh ones: training from scratch): all passes of the
/// recipe in one phase with its `learning_rate`, at the subnet's resolution.
/// Same checkpoint rules and errors as `train`.
[[nodiscard]] Result<TrainReport, Diverged> fine_tune(Supernet& supernet, const Subnet& subnet, const ImageSet& images,
                                                      const TrainRecipe& recipe, const TrainOptions& options);

}  // namespace thimble
