#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace thimble::test {

/// A place in a .tflite file that means something to its reader.
struct FlatSpot {
  enum class Kind { kScalar, kOffset, kLength, kVtable } kind = Kind::kScalar;
  std::size_t position = 0;
  int size = 4;
};

/// Walks the tables of a file, sound or not, and lists what steers its reader: vtables, offsets, lengths, scalars. What
/// lies outside the file is left out. Contents of large lists are left out but for their first elements.
std::vector<FlatSpot> find_spots(std::span<const std::uint8_t> file);

}  // namespace thimble::test
