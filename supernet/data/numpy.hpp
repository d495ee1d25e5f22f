#pragma once
#include "supernet/data/data.hpp"

namespace thimble {

/// Reads PATH/train_images.npy, uint8 [N,H,W] (grey) or [N,H,W,C] with C = 1 or 3, and PATH/train_labels.npy, any
/// integer type, [N] or [N,1]; and test_images.npy with test_labels.npy where they are there. Fills train (validation
/// included) and test.
///
/// Floats are refused: whether 1.0 means white or almost black is not written in a file, and a guess that is wrong for
/// one picture in a thousand shows in nothing but accuracy. The board gets bytes.
/// @error ConfigError  names the file: as read_npy and split_arrays, and arrays of another shape
DataSplits load_numpy(const DataConfig& config);

}  // namespace thimble
