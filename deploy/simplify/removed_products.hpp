#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "deploy/simplify/channel_ranges.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// What one channel of the input adds to each output sum of a convolution or fully connected layer, if that is the same
/// at every output pixel and for every input: sum over the window of weight * (constant - zero point).
/// @param ranges    of the operator's input
/// @param channels  input element i along the last dimension is of channel i % channels
/// @return per output channel, in steps of the bias; nothing where it varies
std::optional<std::vector<std::int64_t>> constant_products(const Graph& graph, const Operator& op,
                                                           const TensorRanges& ranges, int channels,
                                                           std::size_t channel);

}  // namespace thimble
