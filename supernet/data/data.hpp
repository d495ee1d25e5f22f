#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "supernet/data/image_set.hpp"

namespace thimble {

/// Where the pictures come from.
struct DataConfig {
  std::string kind = "rendered";  ///< "rendered" or "image_folder"
  int image_size = 64;            ///< pictures are kept in memory at this size; larger resolutions enlarge them
  std::uint64_t seed = 1;         ///< of rendering and of splitting
  int validation_images = 1000;   ///< cut from the training pictures; the only ones that choices are made on
  int threads = 2;

  // rendered: "figure" or "no figure" in a cluttered scene
  int train_images = 12000;  ///< the validation pictures included
  int test_images = 1000;

  // image_folder: PATH/train/CLASS/* and PATH/test/CLASS/*, or PATH/CLASS/* which is split
  std::string path;
  double test_share = 0.2;          ///< of every class, where there is no PATH/test
  std::string cache_dir;            ///< decoded pictures are kept here; empty: not kept
  double max_corrupt_share = 0.01;  ///< more unreadable pictures than this is an error
  int max_images = 0;               ///< about so many per split, the same share of every class; 0: all
};

struct DataSplits {
  ImageSet train, validation, test;
  std::vector<std::string> corrupt;  ///< "FILE: reason" of the pictures that were left out
};

/// The pictures of a job. A function of the config (and of the files) alone. Every split is in a seeded mixed order, so
/// that its first pictures stand for all.
/// @error ConfigError  the folder is missing, holds no class folders, a class is empty, the classes of train and test
///                     differ, too few pictures for the validation split; splitting, max_images or corrupt files leave
///                     a class without pictures to train or to test
/// @error Error        too many corrupt pictures (the first are named), the cache cannot be written
DataSplits load_data(const DataConfig& config);

}  // namespace thimble
