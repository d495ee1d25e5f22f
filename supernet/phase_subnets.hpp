#pragma once
#include <cstdint>
#include <vector>

#include "search/space/subnet.hpp"
#include "supernet/recipe/phase.hpp"

namespace thimble {

/// The subnets that a step of a phase trains, all at one resolution; with sandwich the largest first, then the
/// smallest. A function of (space, phase, seed, step) alone, so that every rank of a distributed training draws the
/// same.
/// @param part  narrowed(space, phase.elastic)
std::vector<Subnet> subnets_of_step(const SearchSpace& part, const Phase& phase, std::uint64_t seed, int step);

}  // namespace thimble
