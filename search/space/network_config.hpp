#pragma once
#include <string>

#include "graph/graph.hpp"

namespace thimble {

/// A network as MCUNet, ProxylessNAS and Once-for-All publish theirs: a JSON file of first_conv, blocks of inverted
/// bottlenecks (expand_ratio or mid_channels, kernel_size, stride, shortcut), feature_mix_layer, classifier and
/// resolution. The graph is float32 without weights, as to_graph gives it: batch norms folded, "first_conv",
/// "blockB.expand", ".dw", ".project", ".add" (B counts from 1), "feature_mix", "pool", "classifier".
/// @error ConfigError  all that the file lacks, or has and no graph can hold (squeeze-and-excitation, groups)
Graph load_network_config(const std::string& path);

}  // namespace thimble
