#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "supernet/batches.hpp"
#include "supernet/training_network.hpp"

namespace thimble {

/// Any float network of convolutions, fully connected layers, additions and pools, with a batch norm (eps 1e-3) behind
/// every convolution in training. It runs on LibTorch's own operators, in the layout that they are fastest with: the
/// portable path beside supernet/kernels, for networks that no space holds.
class GraphNetwork {
 public:
  /// Fresh weights (He initialisation), a function of the seed alone.
  /// @error Error  the graph has an operator that cannot be trained, named with its layer
  GraphNetwork(const Graph& graph, std::uint64_t seed, int threads);
  ~GraphNetwork();

  int resolution() const;  ///< of its input, square
  void clear_gradients();
  /// Runs the batch forward and backward; the gradients are added to those already there.
  /// @return the mean loss
  double add_gradients(const Batch& batch, const Targets& targets);
  std::vector<Parameter> parameters();  ///< always in the same order

  /// Adds the statistics of this batch to those that `folded` uses.
  void add_moments(const Batch& batch);
  /// The graph with weights and biases: batch norms folded with the mean of all moments.
  Graph folded() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
