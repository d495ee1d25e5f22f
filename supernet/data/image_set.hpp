#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace thimble {

/// Labelled square pictures of one size, uint8 [N,S,S,C] (C = 3: red green blue; 1: grey), in memory.
///
/// A network sees (pixel - 128) / 128. So the int8 input of a quantised network is exactly pixel - 128, with scale
/// 1/128 and zero point 0.
struct ImageSet {
  int size = 0;      ///< S, pixels
  int channels = 3;  ///< C
  std::vector<std::string> class_names;
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;

  int count() const { return static_cast<int>(labels.size()); }
  int classes() const { return static_cast<int>(class_names.size()); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * static_cast<std::size_t>(channels);
  }
  std::span<const std::uint8_t> image(int index) const {
    return {pixels.data() + static_cast<std::size_t>(index) * image_bytes(), image_bytes()};
  }
};

/// Names of the classes that have no label among `labels`.
std::vector<std::string> missing_classes(const std::vector<std::string>& class_names, const std::vector<int>& labels);

/// The images of `indices`, in that order.
ImageSet subset(const ImageSet& images, const std::vector<int>& indices);

/// The first `count` images (0: all). Splits are in a mixed order, so they stand for the others.
ImageSet first_images(const ImageSet& images, int count);

/// A seeded choice of `count` images (all, where there are fewer) in mixed order: folders are read class by class, so
/// the first pictures of a set stand for nothing.
ImageSet mixed_subset(const ImageSet& images, int count, std::uint64_t seed = 0);

/// A key of the content: sizes, labels and pixels.
std::uint64_t fingerprint(const ImageSet& images);

}  // namespace thimble
