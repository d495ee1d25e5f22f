#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Moves pad operators into the padding of what reads them: convolutions, other pads, and max pools that see no value
/// below zero (whose windows would otherwise not notice the zeros). Only where every reader takes the padding, and it
/// stays below the window's size. Average pools never do: they divide by the pixels without the padding.
/// @return how many pad operators went
int fold_padding(Graph& graph);

}  // namespace thimble
