#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "supernet/data/data.hpp"

namespace thimble {

/// An array of pictures, uint8 [N,H,W,C], from one file.
struct PictureArray {
  std::filesystem::path file;
  int count = 0, height = 0, width = 0, channels = 1;
  std::vector<std::uint8_t> pixels;
};

/// An array of numbers [N] from another.
struct LabelArray {
  std::filesystem::path file;
  std::vector<std::int64_t> labels;
};

struct LabelledArrays {
  PictureArray pictures;
  LabelArray labels;
};

/// The splits of a data set whose pictures and labels are separate files.
///
/// With config.class_names label i is the i-th name; without, the classes are the different labels of the train part in
/// rising order (0 to 9 of MNIST, 1 to 26 of EMNIST's letters), named by their numbers.
/// @error ConfigError  names the file: not as many labels as pictures, none at all, a label (and its place) that is
///                     negative, has no name, or is in the test part alone; and as split_stored
DataSplits split_arrays(LabelledArrays train, std::optional<LabelledArrays> test, const DataConfig& config);

}  // namespace thimble
