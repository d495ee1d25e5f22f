#pragma once
#include "search/space/space.hpp"

namespace thimble::test {

/// Two stages, three widths, every choice: trains in moments.
inline SearchSpace small_space() {
  SearchSpace space;
  space.name = "small";
  space.classes = 2;
  space.resolutions = {16, 24};
  space.width_multipliers = {0.5, 1.0, 1.5};
  space.stem_base_width = 16;
  space.first_block_base_width = 8;
  space.stages = {{16, 2, {1, 2}, {3, 5, 7}, {2, 3}}, {24, 2, {1, 2, 3}, {3, 5}, {2, 4}}};
  return space;
}

}  // namespace thimble::test
