#include "search/space/subnet.hpp"

#include <algorithm>
#include <sstream>

namespace thimble {
namespace {

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <class T>
std::string not_among(const char* what, const T& value, const std::vector<T>& values) {
  std::ostringstream text;
  text << what << " " << value << " is not in the space (";
  for (std::size_t i = 0; i < values.size(); ++i) text << (i ? ", " : "") << values[i];
  text << ")";
  return text.str();
}

std::string why_block_outside(const BlockChoice& block, const Stage& stage) {
  if (!contains(stage.kernel_sizes, block.kernel_size))
    return not_among("kernel size", block.kernel_size, stage.kernel_sizes);
  if (!contains(stage.expansion_ratios, block.expansion_ratio))
    return not_among("expansion ratio", block.expansion_ratio, stage.expansion_ratios);
  return "";
}

std::string why_stage_outside(const std::vector<BlockChoice>& blocks, const Stage& stage) {
  const int depth = static_cast<int>(blocks.size());
  if (!contains(stage.depths, depth)) return not_among("depth", depth, stage.depths);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::string reason = why_block_outside(blocks[b], stage);
    if (!reason.empty()) return "block " + std::to_string(b + 1) + ": " + reason;
  }
  return "";
}

BlockChoice sample_block(const Stage& stage, Rng& rng) {
  const int kernel_size = rng.pick(stage.kernel_sizes);
  return {kernel_size, rng.pick(stage.expansion_ratios)};
}

/// The subnet whose every choice is what `pick` takes from the ascending list.
template <class Pick>
Subnet chosen(const SearchSpace& space, Pick pick) {
  Subnet subnet{pick(space.resolutions), pick(space.width_multipliers), {}};
  for (const Stage& stage : space.stages) {
    const BlockChoice block{pick(stage.kernel_sizes), pick(stage.expansion_ratios)};
    subnet.stages.emplace_back(static_cast<std::size_t>(pick(stage.depths)), block);
  }
  return subnet;
}

void mutate_stage(std::vector<BlockChoice>& blocks, const Stage& stage, double probability, Rng& rng) {
  if (rng.chance(probability)) {
    const auto depth = static_cast<std::size_t>(rng.pick(stage.depths));
    while (blocks.size() > depth) blocks.pop_back();
    while (blocks.size() < depth) blocks.push_back(sample_block(stage, rng));
  }
  for (BlockChoice& block : blocks) {
    if (rng.chance(probability)) block.kernel_size = rng.pick(stage.kernel_sizes);
    if (rng.chance(probability)) block.expansion_ratio = rng.pick(stage.expansion_ratios);
  }
}

std::vector<BlockChoice> cross_stages(const std::vector<BlockChoice>& a, const std::vector<BlockChoice>& b, Rng& rng) {
  std::vector<BlockChoice> child = rng.chance(0.5) ? a : b;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    child[i].kernel_size = (rng.chance(0.5) ? a : b)[i].kernel_size;
    child[i].expansion_ratio = (rng.chance(0.5) ? a : b)[i].expansion_ratio;
  }
  return child;
}

}  // namespace

std::string why_outside(const Subnet& subnet, const SearchSpace& space) {
  if (!contains(space.resolutions, subnet.resolution))
    return not_among("resolution", subnet.resolution, space.resolutions);
  if (!contains(space.width_multipliers, subnet.width_multiplier))
    return not_among("width multiplier", subnet.width_multiplier, space.width_multipliers);
  if (subnet.stages.size() != space.stages.size())
    return std::to_string(subnet.stages.size()) + " stages, but the space has " + std::to_string(space.stages.size());
  for (std::size_t s = 0; s < subnet.stages.size(); ++s) {
    const std::string reason = why_stage_outside(subnet.stages[s], space.stages[s]);
    if (!reason.empty()) return "stage " + std::to_string(s + 1) + ": " + reason;
  }
  return "";
}

Subnet sample(const SearchSpace& space, Rng& rng) {
  Subnet subnet;
  subnet.resolution = rng.pick(space.resolutions);
  subnet.width_multiplier = rng.pick(space.width_multipliers);
  for (const Stage& stage : space.stages) {
    std::vector<BlockChoice>& blocks = subnet.stages.emplace_back(static_cast<std::size_t>(rng.pick(stage.depths)));
    for (BlockChoice& block : blocks) block = sample_block(stage, rng);
  }
  return subnet;
}

Subnet largest(const SearchSpace& space) {
  return chosen(space, [](const auto& values) { return values.back(); });
}

Subnet smallest(const SearchSpace& space) {
  return chosen(space, [](const auto& values) { return values.front(); });
}

Subnet mutate(const Subnet& parent, const SearchSpace& space, double probability, double outer_probability, Rng& rng) {
  Subnet child = parent;
  if (rng.chance(outer_probability)) child.resolution = rng.pick(space.resolutions);
  if (rng.chance(outer_probability)) child.width_multiplier = rng.pick(space.width_multipliers);
  for (std::size_t s = 0; s < child.stages.size(); ++s)
    mutate_stage(child.stages[s], space.stages[s], probability, rng);
  return child;
}

Subnet crossover(const Subnet& a, const Subnet& b, Rng& rng) {
  Subnet child;
  child.resolution = (rng.chance(0.5) ? a : b).resolution;
  child.width_multiplier = (rng.chance(0.5) ? a : b).width_multiplier;
  for (std::size_t s = 0; s < a.stages.size(); ++s) child.stages.push_back(cross_stages(a.stages[s], b.stages[s], rng));
  return child;
}

}  // namespace thimble
