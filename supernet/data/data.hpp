#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "supernet/data/image_set.hpp"

namespace thimble {

/// Where the pictures come from.
struct DataConfig {
  std::string kind = "rendered";  ///< "rendered", "image_folder", "cifar", "idx" or "numpy"
  int image_size = 64;            ///< pictures are kept in memory at this size; larger resolutions enlarge them
  std::uint64_t seed = 1;         ///< of rendering and of splitting
  int validation_images = 1000;   ///< cut from the training pictures; the only ones that choices are made on
  int threads = 2;

  // rendered: "figure" or "no figure" in a cluttered scene
  int train_images = 12000;  ///< the validation pictures included
  int test_images = 1000;

  // all others: a folder
  std::string path;
  double test_share = 0.2;  ///< of every class, where there is no test part
  int max_images = 0;       ///< about so many per split, the same share of every class; 0: all

  // image_folder: PATH/train/CLASS/* and PATH/test/CLASS/*, or PATH/CLASS/* which is split
  std::string cache_dir;            ///< decoded pictures are kept here; empty: not kept
  double max_corrupt_share = 0.01;  ///< more unreadable pictures than this is an error

  std::string labels = "fine";           ///< cifar: or "coarse", of CIFAR-100
  std::vector<std::string> class_names;  ///< idx, numpy: of label 0, 1, ...; empty: the labels' numbers
};

struct DataSplits {
  ImageSet train, validation, test;
  std::vector<std::string> corrupt;  ///< "FILE: reason" of the pictures that were left out
};

/// The pictures of a job. A function of the config (and of the files) alone. Every split is in a seeded mixed order, so
/// that its first pictures stand for all.
/// @error ConfigError  the folder or one of its files is missing or breaks its format (see image_folder.hpp, cifar.hpp,
///                     idx.hpp, numpy.hpp), too few pictures for the validation split; splitting, max_images or corrupt
///                     files leave a class without pictures to train or to test
/// @error Error        too many corrupt pictures (the first are named), the cache cannot be written
DataSplits load_data(const DataConfig& config);

}  // namespace thimble
