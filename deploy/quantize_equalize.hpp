#pragma once
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Cross-layer equalisation: one int8 scale serves all channels of a tensor, so channels with a small range lose bits.
/// A channel that is scaled by 1 / s where it is written (weights and bias), and by s where it is read (weights),
/// leaves the network as it is; s is chosen so that the channels of each tensor have ranges that are more alike.
///
/// Only tensors between convolutions (depthwise and fully connected ones too) with ReLU or no activation; with ReLU6
/// only channels that stay below 6, and that only upward to below 6 with an eighth of room: for every input whose
/// channels stay within 9/8 of what the given inputs reach the network is the same to rounding.
/// A depthwise reader has a scale per channel, so the channels become equal; other readers share one scale per output
/// between all channels, so half of the difference (in bits) moves into their weights.
/// @param graph   float32, every constant filled in
/// @param inputs  as calibrate()
/// @see Nagel et al. 2019, arXiv:1906.04721; the balance of activations and weights: Xiao et al. 2022, arXiv:2211.10438
Graph equalized(const Graph& graph, std::span<const std::vector<float>> inputs);

}  // namespace thimble
