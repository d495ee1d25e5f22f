#include "supernet/layers.hpp"

#include "search/space/layout.hpp"

namespace thimble {
namespace {

void add_block(std::vector<Layer>& layers, const BlockLayout& block, int weights) {
  const std::string name = "stage" + std::to_string(block.stage + 1) + ".block" + std::to_string(block.block + 1);
  Layer expand{name + ".expand", LayerKind::kPointwise, weights, block.in_channels, block.mid_channels};
  expand.relu6 = expand.starts_block = true;
  Layer depthwise{name + ".dw",       LayerKind::kDepthwise, weights + 1, block.mid_channels,
                  block.mid_channels, block.kernel_size,     block.stride};
  depthwise.relu6 = true;
  Layer project{name + ".project", LayerKind::kPointwise, weights + 2, block.mid_channels, block.out_channels};
  project.adds_shortcut = block.has_shortcut();
  for (Layer* layer : {&expand, &depthwise, &project}) layers.push_back(*layer);
}

/// The fixed block without expansion and without shortcut.
void add_first_block(std::vector<Layer>& layers, int in, int out) {
  Layer depthwise{"first.dw", LayerKind::kDepthwise, 1, in, in, 3, 1};
  depthwise.relu6 = true;
  layers.push_back(depthwise);
  layers.push_back({"first.project", LayerKind::kPointwise, 2, in, out});
}

}  // namespace

std::vector<Layer> layers_of(const SearchSpace& space, const Subnet& subnet) {
  const Layout layout = layout_of(space, subnet);
  Layer stem{"stem", LayerKind::kStem, 0, space.input_channels, layout.stem_channels, 3, 2};
  stem.relu6 = true;
  std::vector<Layer> layers{stem};
  if (layout.first_channels > 0) add_first_block(layers, layout.stem_channels, layout.first_channels);
  std::vector<int> stage_weights;  // where the shared weights of each stage begin, and where they end
  stage_weights.push_back(layout.first_channels > 0 ? 3 : 1);
  for (const Stage& stage : space.stages) stage_weights.push_back(stage_weights.back() + 3 * stage.max_depth());
  for (const BlockLayout& block : layout.blocks)
    add_block(layers, block, stage_weights[static_cast<std::size_t>(block.stage)] + 3 * block.block);
  layers.push_back({"classifier", LayerKind::kClassifier, stage_weights.back(), layout.head_channels, space.classes});
  return layers;
}

}  // namespace thimble
