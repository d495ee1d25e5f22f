#include "supernet/trainer.hpp"

#include "supernet/training/loop.hpp"
#include "supernet/training/supernet_trainee.hpp"

namespace thimble {

Result<TrainReport, Diverged> train(Supernet& supernet, const ImageSet& images, const TrainRecipe& recipe,
                                    const TrainOptions& options) {
  check_pictures(supernet.space(), images);
  SupernetTrainee trainee(supernet, std::nullopt, recipe, options.seed);
  return run_training(trainee, images, recipe, options);
}

Result<TrainReport, Diverged> fine_tune(Supernet& supernet, const Subnet& subnet, const ImageSet& images,
                                        const TrainRecipe& recipe, const TrainOptions& options) {
  check_pictures(supernet.space(), images);
  const TrainRecipe alone = in_one_phase(recipe, "fine-tune");
  SupernetTrainee trainee(supernet, subnet, alone, options.seed);
  return run_training(trainee, images, alone, options);
}

}  // namespace thimble
