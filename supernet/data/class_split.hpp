#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace thimble {

/// Places in a list of pictures, in rising order, no place in both.
struct ClassSplit {
  std::vector<int> first, second;
};

/// A seeded `second_share` of every class goes to the second part (rounded to whole pictures, halves upward).
/// @param labels  of the pictures, each in [0, classes)
ClassSplit split_classes(const std::vector<int>& labels, int classes, double second_share, std::uint64_t seed);

/// Places of about `most` pictures, the same share of every class; all where most is 0 or there are no more.
std::vector<int> limited(const std::vector<int>& labels, int classes, int most, std::uint64_t seed);

/// Refuses a setting that leaves a class without pictures, with one issue per class and split.
/// @error ConfigError  names the setting, the class and the split
void check_classes(const std::vector<std::string>& class_names, const std::vector<int>& train,
                   const std::vector<int>& test, const std::string& key, const std::string& value);

/// A number as a job would write it.
std::string short_text(double value);

template <class T>
std::vector<T> pick(const std::vector<T>& all, const std::vector<int>& places) {
  std::vector<T> picked;
  picked.reserve(places.size());
  for (int place : places) picked.push_back(all.at(static_cast<std::size_t>(place)));
  return picked;
}

}  // namespace thimble
