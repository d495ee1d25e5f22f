#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Lets the graph begin and end in int8: the quantise operators that read its float32 inputs and the dequantise
/// operators that write its float32 outputs go. An input stays float32 where its readers quantise it differently, or
/// do something else with it.
/// @return how many operators went
int drop_float_edges(Graph& graph);

}  // namespace thimble
