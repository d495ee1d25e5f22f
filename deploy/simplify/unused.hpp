#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Removes operators that no output depends on. @return how many
int remove_unused_operators(Graph& graph);

/// Removes tensors that neither an operator nor the graph's ends name, and renumbers the others in their order.
void remove_unused_tensors(Graph& graph);

}  // namespace thimble
