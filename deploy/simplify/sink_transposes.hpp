#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Lets means read the tensor before a transpose (or before a reshape that only drops or adds dimensions of size 1),
/// where every reader of that operator is a mean: each sums the same elements, so its values are the same, and what is
/// left to move is smaller, often nothing (global pooling in the style of PyTorch: NHWC to NCHW, mean, mean).
/// The means keep their reduced dimensions as 1; a transpose and a reshape behind them give the old shape.
/// @return how many operators were passed
int sink_transposes(Graph& graph);

}  // namespace thimble
