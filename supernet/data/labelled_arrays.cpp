#include "supernet/data/labelled_arrays.hpp"

#include <algorithm>

#include "supernet/data/data_file.hpp"
#include "supernet/data/stored_pictures.hpp"

namespace thimble {
namespace {

void check_counts(const LabelledArrays& part) {
  const auto labels = part.labels.labels.size();
  if (part.pictures.count == 0) refuse_path(part.pictures.file, "must hold pictures; it is empty");
  if (part.pictures.height < 1 || part.pictures.width < 1)
    refuse_path(part.pictures.file, "pictures must have height and width; they are " +
                                        std::to_string(part.pictures.height) + " x " +
                                        std::to_string(part.pictures.width));
  if (labels != static_cast<std::size_t>(part.pictures.count))
    refuse_path(part.labels.file, "must hold a label for each of the " + std::to_string(part.pictures.count) +
                                      " pictures of " + part.pictures.file.filename().string() + "; it holds " +
                                      std::to_string(labels));
}

[[noreturn]] void refuse_label(const LabelArray& array, std::size_t place, const std::string& rule) {
  refuse_path(array.file, rule + "; label " + std::to_string(place) + " is " + std::to_string(array.labels[place]));
}

/// What the classes are called, and the label of each.
struct Classes {
  std::vector<std::string> names;
  std::vector<std::int64_t> values;  // rising
  std::string rule;                  // of labels
};

Classes named_classes(const std::vector<std::string>& names) {
  Classes classes{names, {}, "must be in [0, " + std::to_string(names.size() - 1) + "], as data.class_names has it"};
  for (std::size_t i = 0; i < names.size(); ++i) classes.values.push_back(static_cast<std::int64_t>(i));
  return classes;
}

Classes found_classes(const LabelArray& train) {
  Classes classes{{}, train.labels, "must be one of those of the train part, and not negative"};
  std::sort(classes.values.begin(), classes.values.end());
  classes.values.erase(std::unique(classes.values.begin(), classes.values.end()), classes.values.end());
  classes.values.erase(classes.values.begin(), std::lower_bound(classes.values.begin(), classes.values.end(), 0));
  for (std::int64_t value : classes.values) classes.names.push_back(std::to_string(value));
  return classes;
}

std::vector<int> to_classes(const LabelArray& array, const Classes& classes) {
  std::vector<int> labels;
  labels.reserve(array.labels.size());
  for (std::size_t i = 0; i < array.labels.size(); ++i) {
    const auto found = std::lower_bound(classes.values.begin(), classes.values.end(), array.labels[i]);
    if (found == classes.values.end() || *found != array.labels[i]) refuse_label(array, i, "labels " + classes.rule);
    labels.push_back(static_cast<int>(found - classes.values.begin()));
  }
  return labels;
}

StoredPictures stored(LabelledArrays& part, const Classes& classes) {
  const PictureArray& from = part.pictures;
  return {from.height, from.width, from.channels, std::move(part.pictures.pixels), to_classes(part.labels, classes)};
}

}  // namespace

DataSplits split_arrays(LabelledArrays train, std::optional<LabelledArrays> test, const DataConfig& config) {
  check_counts(train);
  if (test) check_counts(*test);
  const Classes classes = config.class_names.empty() ? found_classes(train.labels) : named_classes(config.class_names);
  const StoredPictures train_pictures = stored(train, classes);
  if (!test) return split_stored(train_pictures, nullptr, classes.names, config);
  const StoredPictures test_pictures = stored(*test, classes);
  return split_stored(train_pictures, &test_pictures, classes.names, config);
}

}  // namespace thimble
