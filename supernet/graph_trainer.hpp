#pragma once
#include "graph/graph.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/trainer.hpp"

namespace thimble {

/// Trains a network that belongs to no space, from fresh weights, by the recipe's passes in one phase: a rival, or an
/// architecture of one's own. Fills in the graph's weights and biases, its batch norms folded with the statistics of
/// `calibration`. Checkpoint rules and errors as `train`, but another number of threads is another training.
/// @param graph  float32, [1,S,S,C] to [1,classes]; convolutions, fully connected, add, pools, reshape; its pictures
/// are
///               resized to S
/// @error Error  the graph has an operator that cannot be trained, or does not go with the pictures
[[nodiscard]] Result<TrainReport, Diverged> train_graph(Graph& graph, const ImageSet& images, const TrainRecipe& recipe,
                                                        const TrainOptions& options,
                                                        const CalibrationConfig& calibration = {});

}  // namespace thimble
