#include "search/space/graph_builder.hpp"
#include "search/space/layout.hpp"
#include "search/space/subnet.hpp"

namespace thimble {
namespace {

constexpr int kStemKernel = 3, kStemStride = 2;
constexpr int kFirstKernel = 3;

/// Multiply-accumulates and constants of one layer at a time.
struct Cost {
  std::int64_t macs = 0, params = 0;

  void conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t size) {
    macs += size * size * kernel * kernel * in * out;
    params += kernel * kernel * in * out + out;
  }
  void depthwise(std::int64_t channels, std::int64_t kernel, std::int64_t size) {
    macs += size * size * kernel * kernel * channels;
    params += kernel * kernel * channels + channels;
  }
};

Cost cost_of(const SearchSpace& space, const Subnet& subnet) {
  const Layout layout = layout_of(space, subnet);
  Cost cost;
  cost.conv(space.input_channels, layout.stem_channels, kStemKernel, layout.stem_size);
  if (layout.first_channels > 0) {
    cost.depthwise(layout.stem_channels, kFirstKernel, layout.stem_size);
    cost.conv(layout.stem_channels, layout.first_channels, 1, layout.stem_size);
  }
  for (const BlockLayout& block : layout.blocks) {
    cost.conv(block.in_channels, block.mid_channels, 1, block.in_size);
    cost.depthwise(block.mid_channels, block.kernel_size, block.out_size);
    cost.conv(block.mid_channels, block.out_channels, 1, block.out_size);
  }
  cost.conv(layout.head_channels, space.classes, 1, 1);
  return cost;
}

}  // namespace

Graph to_graph(const SearchSpace& space, const Subnet& subnet) {
  const Layout layout = layout_of(space, subnet);
  Graph graph;
  graph.name = to_text(subnet);
  GraphBuilder builder(graph, subnet.resolution, subnet.resolution, space.input_channels);
  builder.conv("stem", layout.stem_channels, kStemKernel, kStemStride, Activation::kRelu6);
  if (layout.first_channels > 0)
    builder.inverted_bottleneck("first", false, layout.stem_channels, layout.first_channels, kFirstKernel, 1, false);
  for (const BlockLayout& block : layout.blocks) {
    const std::string name = "stage" + std::to_string(block.stage + 1) + ".block" + std::to_string(block.block + 1);
    builder.inverted_bottleneck(name, true, block.mid_channels, block.out_channels, block.kernel_size, block.stride,
                                block.has_shortcut());
  }
  builder.global_pool("pool");
  builder.fully_connected("classifier", space.classes);
  builder.finish();
  return graph;
}

std::int64_t macs(const SearchSpace& space, const Subnet& subnet) { return cost_of(space, subnet).macs; }

std::int64_t params(const SearchSpace& space, const Subnet& subnet) { return cost_of(space, subnet).params; }

}  // namespace thimble
