#pragma once
#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Every value that a channel can have, whatever the input: low <= value <= high, as int8.
struct ChannelRange {
  int low = -128, high = 127;
  bool operator==(const ChannelRange&) const = default;

  bool is_constant() const { return low == high; }
};

/// One range per channel: element i of the tensor (row-major) is of channel i % size. Empty for float tensors.
using TensorRanges = std::vector<ChannelRange>;

/// The ranges along the last dimension, as many as it has; where the tensor's channels are not along it, their hull.
TensorRanges along_last_dimension(const TensorRanges& ranges, const Shape& shape);

/// Interval arithmetic through an int8 graph with weights: requantisation does not decrease, so the outputs at the ends
/// of a sum's interval bound the output. A channel whose filter is all zero is constant; so is one that its activation
/// clamps whatever the input. Pixels of padding count as the zero point beside the input's values.
/// @param graph  validate() and validate_int8() find nothing
/// @return per tensor; full ranges where nothing is known
std::vector<TensorRanges> channel_ranges(const Graph& graph);

}  // namespace thimble
