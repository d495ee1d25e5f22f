#pragma once
#include <vector>

#include "search/space/subnet.hpp"

namespace thimble {

/// One inverted bottleneck with all its numbers: 1x1 expand, k x k depthwise, 1x1 project.
struct BlockLayout {
  int stage = 0, block = 0;  ///< counted from 0
  int in_channels = 0, mid_channels = 0, out_channels = 0;
  int kernel_size = 3, stride = 1;
  int in_size = 0, out_size = 0;  ///< rows = columns
  bool has_shortcut() const { return stride == 1 && in_channels == out_channels; }
};

/// A subnet's channels and sizes, layer by layer.
struct Layout {
  int resolution = 0;
  int stem_channels = 0, stem_size = 0;
  int first_channels = 0;  ///< of the fixed block without expansion; 0: there is none
  std::vector<BlockLayout> blocks;
  int head_channels = 0, head_size = 0;  ///< what the pool sees
};

Layout layout_of(const SearchSpace& space, const Subnet& subnet);

}  // namespace thimble
