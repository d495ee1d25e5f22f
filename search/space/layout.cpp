#include "search/space/layout.hpp"

#include "graph/base/check.hpp"

namespace thimble {
namespace {

/// Positions of a window with padding (k-1)/2: ceil(in / stride) for every odd k.
int strided(int size, int stride) { return (size - 1) / stride + 1; }

}  // namespace

Layout layout_of(const SearchSpace& space, const Subnet& subnet) {
  THIMBLE_CHECK(subnet.stages.size() == space.stages.size(), "a subnet of another space");
  Layout layout;
  layout.resolution = subnet.resolution;
  layout.stem_channels = scaled_width(space.stem_base_width, subnet.width_multiplier);
  layout.stem_size = strided(subnet.resolution, 2);
  if (space.first_block_base_width > 0)
    layout.first_channels = scaled_width(space.first_block_base_width, subnet.width_multiplier);
  int channels = layout.first_channels > 0 ? layout.first_channels : layout.stem_channels;
  int size = layout.stem_size;
  for (std::size_t s = 0; s < space.stages.size(); ++s) {
    for (std::size_t b = 0; b < subnet.stages[s].size(); ++b) {
      const BlockChoice& choice = subnet.stages[s][b];
      BlockLayout block{.stage = static_cast<int>(s), .block = static_cast<int>(b)};
      block.in_channels = channels;
      block.mid_channels = channels * choice.expansion_ratio;
      block.out_channels = channels = scaled_width(space.stages[s].base_width, subnet.width_multiplier);
      block.kernel_size = choice.kernel_size;
      block.stride = b == 0 ? space.stages[s].stride : 1;
      block.in_size = size;
      block.out_size = size = strided(size, block.stride);
      layout.blocks.push_back(block);
    }
  }
  layout.head_channels = channels;
  layout.head_size = size;
  return layout;
}

}  // namespace thimble
