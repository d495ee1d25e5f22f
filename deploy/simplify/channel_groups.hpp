#pragma once
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Tensors whose channels go together: what a depthwise convolution, a pool, an addition reads and writes. Removing a
/// channel of one removes it from all.
struct ChannelGroup {
  int channels = 0;          ///< element i along the last dimension of a member is of channel i % channels
  bool fixed = false;        ///< no channel may go: the graph's ends, a softmax, a transpose, ... are among them
  std::vector<int> tensors;  ///< activations, ascending
};

struct ChannelGroups {
  std::vector<ChannelGroup> groups;
  std::vector<int> group_of;  ///< per tensor; -1 for constants and for what no operator touches
};

/// @param graph  int8; validate() finds nothing
ChannelGroups channel_groups(const Graph& graph);

/// Whether the operator sums over channels, with weights for each: a convolution or a fully connected layer.
bool mixes_channels(OpType type);

}  // namespace thimble
