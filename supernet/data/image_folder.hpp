#pragma once
#include <string>
#include <vector>

#include "supernet/data/data.hpp"

namespace thimble {

/// Reads PATH/train/CLASS/* and PATH/test/CLASS/*, or PATH/CLASS/* with a seeded test share of every class. Pictures
/// are cropped to their central square and resized to config.image_size. Fills train (validation included), test and
/// corrupt. Errors as load_data.
DataSplits load_image_folder(const DataConfig& config);

}  // namespace thimble
