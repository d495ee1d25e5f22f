#pragma once
#include <vector>

#include "deploy/simplify/channel_groups.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// Which channels of each group stay: [group][channel].
using ChannelMasks = std::vector<std::vector<bool>>;

/// Channels that every convolution and fully connected layer can do without: their weights for it are all zero, or it
/// is constant (channel_ranges), at every position that a window sees (with padding that is the zero point alone), and
/// the constant's products fit into the reader's int32 biases.
/// @param multiple  some of them stay so that counts are multiples of it, or what they were: kernels work in blocks
ChannelMasks live_channels(const Graph& graph, const ChannelGroups& groups, int multiple);

}  // namespace thimble
