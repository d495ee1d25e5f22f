#pragma once
#include <string>
#include <vector>

#include "search/space/subnet.hpp"

namespace thimble {

enum class LayerKind {
  kStem,        ///< 3x3 convolution of the picture, stride 2; weights [C_out,3,3,C_in]
  kPointwise,   ///< 1x1 convolution; weights [C_out,C_in]
  kDepthwise,   ///< weights [K,K,C]
  kClassifier,  ///< global average pool and fully connected; weights [C_out,C_in]
};

/// A convolution (or the classifier) of one subnet and the slice of the shared weights that it uses.
struct Layer {
  std::string name;  ///< as in to_graph: "stage1.block2.project"
  LayerKind kind = LayerKind::kPointwise;
  int weights = 0;                        ///< index into SupernetWeights::layers
  int in_channels = 0, out_channels = 0;  ///< the first ones of the shared weights
  int kernel = 1, stride = 1;             ///< the centre of the shared kernel
  bool relu6 = false;
  bool starts_block = false;   ///< its input is the block's input
  bool adds_shortcut = false;  ///< the block's input is added behind its batch norm
};

/// The layers of a subnet in the order of execution.
std::vector<Layer> layers_of(const SearchSpace& space, const Subnet& subnet);

}  // namespace thimble
