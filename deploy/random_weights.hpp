#pragma once
#include <cstdint>

#include "graph/graph.hpp"

namespace thimble {

/// Gives every constant of a float graph values as a trained network has them: normal, scaled by fan-in (He), biases
/// of deviation 0.3. For measuring architectures: nothing is learnt. The same seed gives the same values.
void fill_random_weights(Graph& graph, std::uint64_t seed);

}  // namespace thimble
