#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Removes operators that change nothing, and names plainly those that only rename a shape:
/// a transpose that moves dimensions of size 1, and a mean over dimensions of size 1, become reshapes; a reshape of a
/// reshape reads the first one's input; reshapes to the same shape, paddings by nothing, resizes to the same size, and
/// quantise operators between equal scales go, also over a dequantise.
/// @return how many operators went or became a reshape
int remove_identities(Graph& graph);

}  // namespace thimble
