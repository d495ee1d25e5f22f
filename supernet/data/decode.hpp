#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "graph/base/result.hpp"

namespace thimble {

struct DecodedImage {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  ///< [H,W,3], red green blue
};

/// Decodes a JPEG or PNG picture, told apart by content. Grey becomes colour; transparency lies over black.
/// A JPEG much larger than `wanted_size` is decoded at 1/2, 1/4 or 1/8, whose sides are still >= wanted_size.
/// @return the picture, or why it cannot be decoded ("ends early", "neither JPEG nor PNG", ...)
Result<DecodedImage, std::string> decode_image(const std::vector<std::uint8_t>& file, int wanted_size);

}  // namespace thimble
