#include "supernet/data/class_split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "supernet/data/image_set.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSplitStream = 0x5b117;

std::vector<std::vector<int>> places_by_class(const std::vector<int>& labels, int classes) {
  std::vector<std::vector<int>> groups(static_cast<std::size_t>(classes));
  for (std::size_t i = 0; i < labels.size(); ++i)
    groups.at(static_cast<std::size_t>(labels[i])).push_back(static_cast<int>(i));
  return groups;
}

}  // namespace

ClassSplit split_classes(const std::vector<int>& labels, int classes, double second_share, std::uint64_t seed) {
  ClassSplit split;
  std::vector<std::vector<int>> groups = places_by_class(labels, classes);
  for (std::size_t label = 0; label < groups.size(); ++label) {
    std::vector<int>& group = groups[label];
    Rng rng({seed, kSplitStream, label});
    rng.shuffle(group);
    const auto cut = group.begin() + std::lround(static_cast<double>(group.size()) * second_share);
    split.second.insert(split.second.end(), group.begin(), cut);
    split.first.insert(split.first.end(), cut, group.end());
  }
  std::sort(split.first.begin(), split.first.end());
  std::sort(split.second.begin(), split.second.end());
  return split;
}

std::vector<int> limited(const std::vector<int>& labels, int classes, int most, std::uint64_t seed) {
  if (most > 0 && most < static_cast<int>(labels.size()))
    return split_classes(labels, classes, static_cast<double>(most) / static_cast<double>(labels.size()), seed).second;
  std::vector<int> all(labels.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check_classes(const std::vector<std::string>& class_names, const std::vector<int>& train,
                   const std::vector<int>& test, const std::string& key, const std::string& value) {
  std::vector<ConfigIssue> issues;
  const auto check = [&](const char* split, const std::vector<int>& labels) {
    for (const std::string& name : missing_classes(class_names, labels))
      issues.push_back({"", 0, 0, key, value,
                        "must leave every class pictures to train and to test; class " + name + " has none in the " +
                            split + " split"});
  };
  check("train", train);
  check("test", test);
  if (!issues.empty()) throw ConfigError(issues);
}

std::string short_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace thimble
