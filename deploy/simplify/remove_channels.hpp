#pragma once
#include "deploy/simplify/dead_channels.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// Cuts the channels out of all activations, weights, biases and scales. What a constant channel added to a sum moves
/// into the bias.
/// @param masks  live_channels() of this graph
/// @return output channels of layers with weights that went
int remove_channels(Graph& graph, const ChannelGroups& groups, const ChannelMasks& masks);

}  // namespace thimble
