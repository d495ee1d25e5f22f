#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace thimble {

/// IEEE CRC-32 (zlib's), as in the `layers.txt` of golden models.
std::uint32_t crc32_of(const void* bytes, std::size_t size);

/// FNV-1a, 64 bits: stable keys of plans, subnets and files; not for security.
std::uint64_t fnv1a64(const void* bytes, std::size_t size, std::uint64_t seed = 0xcbf29ce484222325ULL);
std::uint64_t fnv1a64(std::string_view text);

/// 16 lower-case hexadecimal digits.
std::string to_hex(std::uint64_t value);

}  // namespace thimble
