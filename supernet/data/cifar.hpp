#pragma once
#include "supernet/data/data.hpp"

namespace thimble {

/// Reads the binary version of CIFAR-10 or CIFAR-100 (Krizhevsky 2009), told apart by their files:
/// PATH/data_batch_1.bin and so on, test_batch.bin, batches.meta.txt; or train.bin, test.bin, fine_label_names.txt and
/// coarse_label_names.txt, whose labels config.labels chooses. A picture is one label byte (CIFAR-100: two, coarse and
/// fine) and 32 x 32 bytes each of red, green and blue. Fills train (validation included) and test.
/// @error ConfigError  names the file, and the picture or byte: one is missing, ends early, has a label without a name
DataSplits load_cifar(const DataConfig& config);

}  // namespace thimble
