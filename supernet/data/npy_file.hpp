#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace thimble {

/// A NumPy array from a .npy file: elements in C order.
struct NpyArray {
  std::string dtype;  ///< as NumPy writes it: "|u1", "<i8", ...
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;

  std::string shape_text() const;  ///< "[60000,28,28]"
};

/// Reads versions 1.0, 2.0 and 3.0 of the format (numpy.lib.format): magic, version, the header's length in 2 or 4
/// bytes, the header as a Python dictionary, the elements.
/// @param dtypes  those that are accepted
/// @param rule    what the message says of others
/// @error ConfigError  names the file: missing, not this format, another dtype, Fortran order, its length is not what
///                     its header says
NpyArray read_npy(const std::filesystem::path& path, const std::vector<std::string>& dtypes, const std::string& rule);

}  // namespace thimble
