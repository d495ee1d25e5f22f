#include "evaluators/subnet_encoding.hpp"

#include <cmath>
#include <sstream>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

template <class T>
void add_one_hot(const std::vector<T>& values, const T& value, std::vector<double>& to) {
  for (const T& one : values) to.push_back(one == value ? 1 : 0);
}

void add_zeros(const Stage& stage, std::vector<double>& to) {
  to.insert(to.end(), stage.kernel_sizes.size() + stage.expansion_ratios.size(), 0);
}

template <class T>
void add_names(const std::string& what, const std::vector<T>& values, std::vector<std::string>& to) {
  for (const T& value : values) {
    std::ostringstream name;
    name << what << " " << value;
    to.push_back(name.str());
  }
}

}  // namespace

std::vector<std::string> encoding_columns(const SearchSpace& space) {
  std::vector<std::string> names;
  add_names("resolution", space.resolutions, names);
  add_names("width", space.width_multipliers, names);
  for (std::size_t s = 0; s < space.stages.size(); ++s)
    for (int b = 0; b < space.stages[s].max_depth(); ++b) {
      const std::string block = "stage" + std::to_string(s + 1) + ".block" + std::to_string(b + 1);
      add_names(block + " kernel", space.stages[s].kernel_sizes, names);
      add_names(block + " expansion", space.stages[s].expansion_ratios, names);
    }
  return names;
}

std::vector<double> encode(const SearchSpace& space, const Subnet& subnet) {
  THIMBLE_CHECK(why_outside(subnet, space).empty(), "a subnet of another space");
  std::vector<double> row;
  add_one_hot(space.resolutions, subnet.resolution, row);
  add_one_hot(space.width_multipliers, subnet.width_multiplier, row);
  for (std::size_t s = 0; s < space.stages.size(); ++s) {
    const Stage& stage = space.stages[s];
    for (std::size_t b = 0; b < static_cast<std::size_t>(stage.max_depth()); ++b) {
      if (b >= subnet.stages[s].size()) {
        add_zeros(stage, row);
        continue;
      }
      add_one_hot(stage.kernel_sizes, subnet.stages[s][b].kernel_size, row);
      add_one_hot(stage.expansion_ratios, subnet.stages[s][b].expansion_ratio, row);
    }
  }
  return row;
}

std::vector<double> encode_with_costs(const SearchSpace& space, const Subnet& subnet) {
  std::vector<double> row = encode(space, subnet);
  row.push_back(std::log(static_cast<double>(macs(space, subnet))));
  row.push_back(std::log(static_cast<double>(params(space, subnet))));
  return row;
}

}  // namespace thimble
