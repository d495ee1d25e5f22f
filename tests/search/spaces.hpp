#pragma once
#include "search/space/space.hpp"

namespace thimble::test {

/// Two stages, 2 x 2 x (9 + 81) x (4 + 16) = 7200 subnets.
inline SearchSpace tiny_space() {
  SearchSpace space;
  space.name = "tiny";
  space.classes = 10;
  space.resolutions = {16, 24};
  space.width_multipliers = {0.5, 1.0};
  space.stem_base_width = 16;
  space.first_block_base_width = 8;
  space.stages = {{16, 2, {1, 2}, {3, 5, 7}, {2, 3, 4}}, {24, 1, {1, 2}, {3, 5}, {3, 4}}};
  return space;
}

/// MCUNet's stages with the expansion ratio 5 and the widths beyond 1 that its published networks also use.
inline SearchSpace published_space() {
  SearchSpace space;
  space.name = "mcunet-published";
  space.classes = 1000;
  space.resolutions = {48, 96, 160, 176, 192};
  space.width_multipliers = {0.5, 0.6, 0.9, 1.0, 1.5};
  const std::vector<int> depths{2, 3, 4}, kernels{3, 5, 7}, expansions{3, 4, 5, 6};
  space.stages = {{24, 2, depths, kernels, expansions},  {40, 2, depths, kernels, expansions},
                  {80, 2, depths, kernels, expansions},  {96, 1, depths, kernels, expansions},
                  {192, 2, depths, kernels, expansions}, {320, 1, {1}, kernels, expansions}};
  return space;
}

}  // namespace thimble::test
