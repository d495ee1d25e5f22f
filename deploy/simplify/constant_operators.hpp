#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Computes operators whose inputs are all constant, with the reference kernels; their outputs become constants.
/// A constant that an operator would have to read as its activation, or that is the graph's output, stays computed.
/// @return how many operators went
int fold_constants(Graph& graph);

}  // namespace thimble
