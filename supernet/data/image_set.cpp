#include "supernet/data/image_set.hpp"

#include <algorithm>
#include <numeric>

#include "graph/base/hash.hpp"
#include "graph/base/rng.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kMixStream = 0x313;

}  // namespace

std::vector<std::string> missing_classes(const std::vector<std::string>& class_names, const std::vector<int>& labels) {
  std::vector<bool> found(class_names.size(), false);
  for (int label : labels) found.at(static_cast<std::size_t>(label)) = true;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i]) missing.push_back(class_names[i]);
  return missing;
}

ImageSet subset(const ImageSet& images, const std::vector<int>& indices) {
  ImageSet chosen{images.size, images.channels, images.class_names, {}, {}};
  chosen.pixels.reserve(indices.size() * images.image_bytes());
  chosen.labels.reserve(indices.size());
  for (int index : indices) {
    const auto image = images.image(index);
    chosen.pixels.insert(chosen.pixels.end(), image.begin(), image.end());
    chosen.labels.push_back(images.labels.at(static_cast<std::size_t>(index)));
  }
  return chosen;
}

ImageSet first_images(const ImageSet& images, int count) {
  if (count == 0 || count >= images.count()) return images;
  std::vector<int> first(static_cast<std::size_t>(count));
  std::iota(first.begin(), first.end(), 0);
  return subset(images, first);
}

ImageSet mixed_subset(const ImageSet& images, int count, std::uint64_t seed) {
  std::vector<int> order(images.labels.size());
  std::iota(order.begin(), order.end(), 0);
  Rng({seed, kMixStream}).shuffle(order);
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  return subset(images, order);
}

std::uint64_t fingerprint(const ImageSet& images) {
  std::uint64_t key = fnv1a64(&images.size, sizeof(images.size));
  key = fnv1a64(&images.channels, sizeof(images.channels), key);
  for (const std::string& name : images.class_names) key = fnv1a64(name.data(), name.size() + 1, key);
  key = fnv1a64(images.labels.data(), images.labels.size() * sizeof(int), key);
  const std::uint32_t crc = crc32_of(images.pixels.data(), images.pixels.size());
  return fnv1a64(&crc, sizeof(crc), key);
}

}  // namespace thimble
