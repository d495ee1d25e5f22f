#pragma once
#include "cli/crew.hpp"
#include "cli/job_context.hpp"
#include "supernet/supernet.hpp"

namespace thimble {

/// The trained supernet of the run's pruned space: trains it, or continues, or loads what is there.
/// Leaves checkpoints/supernet.thimble and training.json.
/// @error Error        it diverged, or the disk is full
/// @error Interrupted  Ctrl-C; the checkpoint holds what was done
Supernet train_stage(JobContext& context, const SearchSpace& space, Crew& crew);

/// The supernet that a finished training stage left behind.
Supernet trained_supernet(const RunDirectory& run, const SearchSpace& space);

/// What another rank does meanwhile: the same training, without a word. Errors as above.
void train_with(Ranks& ranks, const RunDirectory& run, const Job& job, const SearchSpace& space,
                const ImageSet& images);

/// A copy of the supernet in which one subnet has been trained on alone (deploy.fine_tune_steps); the supernet itself
/// where there are none. Its checkpoint is kept per subnet.
Supernet fine_tuned(JobContext& context, const Supernet& supernet, const Subnet& subnet);

}  // namespace thimble
