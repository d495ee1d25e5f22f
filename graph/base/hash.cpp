#include "graph/base/hash.hpp"

#include <zlib.h>

namespace thimble {

std::uint32_t crc32_of(const void* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

std::uint64_t fnv1a64(const void* bytes, std::size_t size, std::uint64_t seed) {
  const auto* p = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) seed = (seed ^ p[i]) * 0x100000001b3ULL;
  return seed;
}

std::uint64_t fnv1a64(std::string_view text) { return fnv1a64(text.data(), text.size()); }

std::string to_hex(std::uint64_t value) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) text[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace thimble
