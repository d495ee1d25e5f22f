#pragma once
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Takes the mean error of each filter's rounded weights out of its bias: with a mean input that is not zero (behind a
/// ReLU it never is) rounding errors of the weights shift the mean of the output.
/// @param real    the float graph that `int8` was made from: the same tensors
/// @param inputs  over whose pixels the error is averaged
/// @see Nagel et al. 2019, arXiv:1906.04721, section 4.2
void correct_biases(const Graph& real, Graph& int8, std::span<const std::vector<float>> inputs);

}  // namespace thimble
