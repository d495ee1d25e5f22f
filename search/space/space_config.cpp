#include <algorithm>
#include <set>

#include "search/space/space.hpp"

namespace thimble {
namespace {

constexpr Range kWidths{.least = 1, .most = 4096};

/// Reads a list that must be there and ascend.
template <class T>
bool read_ascending(ConfigMap& map, const std::string& key, std::vector<T>& values, const Range& range) {
  map.require(key);
  if (!map.read(key, values, range)) return false;
  if (std::adjacent_find(values.begin(), values.end(), std::greater_equal<T>()) == values.end()) return true;
  map.problem(key, "must be ascending, without repeats");
  return false;
}

void read_kernel_sizes(ConfigMap& map, std::vector<int>& sizes) {
  if (!read_ascending(map, "kernel_sizes", sizes, {})) return;
  for (int size : sizes)
    if (std::find(kKernelSizes.begin(), kKernelSizes.end(), size) == kKernelSizes.end())
      map.problem("kernel_sizes", "must be 3, 5 or 7, not " + std::to_string(size));
}

Stage read_stage(ConfigMap map) {
  Stage stage;
  map.require("base_width");
  map.read("base_width", stage.base_width, kWidths);
  map.read("stride", stage.stride, {.least = 1, .most = 2});
  read_ascending(map, "depths", stage.depths, {.least = 1, .most = 16});
  read_kernel_sizes(map, stage.kernel_sizes);
  read_ascending(map, "expansion_ratios", stage.expansion_ratios, {.least = 2, .most = 16});
  return stage;
}

/// All channels of a space at one width multiplier.
std::vector<int> channels_at(const SearchSpace& space, double width_multiplier) {
  std::vector<int> channels{scaled_width(space.stem_base_width, width_multiplier)};
  if (space.first_block_base_width > 0)
    channels.push_back(scaled_width(space.first_block_base_width, width_multiplier));
  for (const Stage& stage : space.stages) channels.push_back(scaled_width(stage.base_width, width_multiplier));
  return channels;
}

void check_widths_differ(ConfigMap& map, const SearchSpace& space) {
  std::set<std::vector<int>> seen;
  for (double width : space.width_multipliers) {
    if (seen.insert(channels_at(space, width)).second) continue;
    map.problem("width_multipliers", "must differ in channels (rounded to multiples of 8): two of them do not");
    return;
  }
}

}  // namespace

SearchSpace read_space(ConfigMap map) {
  SearchSpace space;
  map.read("name", space.name);
  map.read("input_channels", space.input_channels, {.least = 1, .most = 64});
  map.read("classes", space.classes, {.least = 2, .most = 100000});
  read_ascending(map, "resolutions", space.resolutions, {.least = 8, .most = 1024});
  read_ascending(map, "width_multipliers", space.width_multipliers, {.above = 0, .most = 4});
  map.read("stem_base_width", space.stem_base_width, kWidths);
  map.read("first_block_base_width", space.first_block_base_width, {.least = 0, .most = 4096});
  for (const ConfigMap& stage : map.maps("stages", true)) space.stages.push_back(read_stage(stage));
  if (space.stages.empty() && map.has("stages")) map.problem("stages", "must be a list of at least one stage");
  check_widths_differ(map, space);
  return space;
}

SearchSpace load_space(const std::string& path) {
  ConfigFile file = ConfigFile::load(path);
  SearchSpace space = read_space(file.root());
  file.finish();
  return space;
}

}  // namespace thimble
