#pragma once
#include "graph/graph.hpp"

namespace thimble {

/// Cuts off the rows and columns of a window that meet nothing but padding, wherever it lies: a 7x7 window of stride 1
/// on a 3x3 picture becomes 5x5, a 3x3 one on a single pixel 1x1. Convolutions lose each side for itself; square
/// depthwise windows stay square and odd, and keep at least 3x3, for which the kernels are made. Weights may be without
/// values.
/// @return how many operators have a smaller window
int crop_windows(Graph& graph);
/// The graph with all windows cropped.
Graph with_cropped_windows(Graph graph);

}  // namespace thimble
