#pragma once
#include <string>
#include <vector>

#include "search/space/subnet.hpp"

namespace thimble {

/// Names of the columns of `encode`, e.g. "resolution 64", "stage1.block2 expansion 4".
std::vector<std::string> encoding_columns(const SearchSpace& space);

/// A subnet as zeros and ones: one one per resolution, per width, and per kernel size and expansion ratio of each
/// block; zeros for a block that it has not (once-for-all, Cai et al. 2020, section 3.4).
/// @pre the subnet is in the space
std::vector<double> encode(const SearchSpace& space, const Subnet& subnet);

/// The same, and then what it costs: the logarithms of its multiply-accumulates and of its parameters.
std::vector<double> encode_with_costs(const SearchSpace& space, const Subnet& subnet);

}  // namespace thimble
