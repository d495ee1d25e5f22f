#pragma once
#include "supernet/trainer.hpp"
#include "supernet/training/trainee.hpp"

namespace thimble {

/// Trains `trainee` by a recipe, from its first step to its last or from a checkpoint on. The rules of `train` hold.
[[nodiscard]] Result<TrainReport, Diverged> run_training(Trainee& trainee, const ImageSet& images,
                                                         const TrainRecipe& recipe, const TrainOptions& options);

}  // namespace thimble
