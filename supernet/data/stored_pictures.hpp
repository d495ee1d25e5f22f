#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "supernet/data/data.hpp"

namespace thimble {

/// Pictures of one size in memory, as the files of a data set hold them.
struct StoredPictures {
  int height = 0, width = 0, channels = 3;
  std::vector<std::uint8_t> pixels;  ///< [N,H,W,C]
  std::vector<int> labels;           ///< [N], each in [0, classes)
};

/// Train and test pictures under the rules of image folders: a seeded test share of every class where there is no test
/// part, at most so many pictures by class, the central square at config.image_size.
/// @param test  null: none
/// @error ConfigError  fewer than two classes; train and test of different channels; a class without pictures
DataSplits split_stored(const StoredPictures& train, const StoredPictures* test,
                        const std::vector<std::string>& class_names, const DataConfig& config);

}  // namespace thimble
