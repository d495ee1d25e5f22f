#pragma once
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Computes operators whose inputs are all constant, with the reference kernels; their outputs become constants.
/// A constant that an operator would have to read as its activation, or that is the graph's output, stays computed.
/// @return how many operators went
int fold_constants(Graph& graph);

/// Whether everybody who reads the tensor may have a constant in its place, and the graph does not give it out.
/// @param readers  readers_of() the graph
bool may_be_constant(const Graph& graph, const std::vector<std::vector<int>>& readers, int tensor);

}  // namespace thimble
