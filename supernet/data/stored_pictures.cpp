#include "supernet/data/stored_pictures.hpp"

#include "graph/base/parallel.hpp"
#include "supernet/data/class_split.hpp"
#include "supernet/data/data_file.hpp"
#include "supernet/data/resize.hpp"

namespace thimble {
namespace {

ImageSet squares(const StoredPictures& stored, const std::vector<int>& places, const std::vector<std::string>& names,
                 const DataConfig& config) {
  ImageSet images{config.image_size, stored.channels, names, {}, pick(stored.labels, places)};
  const std::size_t from_bytes = stored.pixels.size() / stored.labels.size(), bytes = images.image_bytes();
  images.pixels.resize(bytes * places.size());
  const CentralSquare square(stored.height, stored.width, stored.channels, config.image_size);
  parallel_for(images.count(), config.threads, [&](int i) {
    const auto index = static_cast<std::size_t>(i), place = static_cast<std::size_t>(places[index]);
    square({stored.pixels.data() + place * from_bytes, from_bytes}, {images.pixels.data() + index * bytes, bytes});
  });
  return images;
}

/// About max_images of the pictures at `places`.
std::vector<int> at_most(const StoredPictures& stored, const std::vector<int>& places, int classes,
                         const DataConfig& config) {
  return pick(places, limited(pick(stored.labels, places), classes, config.max_images, config.seed));
}

}  // namespace

DataSplits split_stored(const StoredPictures& train, const StoredPictures* test,
                        const std::vector<std::string>& class_names, const DataConfig& config) {
  const auto classes = static_cast<int>(class_names.size());
  if (classes < 2)
    refuse_path(config.path, "must hold pictures of at least two classes; it holds " + std::to_string(classes));
  if (test && test->channels != train.channels)
    refuse_path(config.path, "train and test pictures must have the same channels; they have " +
                                 std::to_string(train.channels) + " and " + std::to_string(test->channels));
  const StoredPictures& tested = test ? *test : train;
  ClassSplit places;
  if (test) {
    places = {limited(train.labels, classes, 0, 0), limited(test->labels, classes, 0, 0)};
    check_classes(class_names, train.labels, test->labels, "data.path", config.path);
  } else {
    places = split_classes(train.labels, classes, config.test_share, config.seed);
    check_classes(class_names, pick(train.labels, places.first), pick(train.labels, places.second), "data.test_share",
                  short_text(config.test_share));
  }
  places = {at_most(train, places.first, classes, config), at_most(tested, places.second, classes, config)};
  check_classes(class_names, pick(train.labels, places.first), pick(tested.labels, places.second), "data.max_images",
                std::to_string(config.max_images));
  return {
      squares(train, places.first, class_names, config), {}, squares(tested, places.second, class_names, config), {}};
}

}  // namespace thimble
