#pragma once
#include <cstdint>
#include <vector>

#include "graph/base/rng.hpp"

namespace thimble::test {

/// Changes a .tflite file in a few places: mostly where its structure lies (flat_spots.hpp), now and then anywhere.
std::vector<std::uint8_t> mutate(const std::vector<std::uint8_t>& file, Rng& rng);

}  // namespace thimble::test
