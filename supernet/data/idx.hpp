#pragma once
#include "supernet/data/data.hpp"

namespace thimble {

/// Reads the files of the MNIST family (LeCun's IDX format, plain or gzip, told apart by content): in the folder PATH
/// train-images-idx3-ubyte and train-labels-idx1-ubyte, and for the test part t10k-... or test-... Names may begin with
/// a word of their own (emnist-letters-train-...), end in .gz, and have `.` for the `-` before idx. Grey pictures: one
/// channel. Fills train (validation included) and test.
/// @error ConfigError  names the file, and where it breaks the format: missing, ambiguous, another magic number, its
///                     length is not what its header says; and as split_arrays
DataSplits load_idx(const DataConfig& config);

}  // namespace thimble
