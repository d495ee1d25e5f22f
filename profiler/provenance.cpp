#include "profiler/provenance.hpp"

#include <fmt/format.h>

namespace thimble {

std::string firmware_compiler() { return THIMBLE_FIRMWARE_COMPILER; }
std::string firmware_flags() { return THIMBLE_FIRMWARE_FLAGS; }
std::string host_compiler() { return "g++ " __VERSION__; }
std::string host_flags() { return THIMBLE_HOST_FLAGS; }
std::string git_hash() { return THIMBLE_GIT_HASH; }
std::uint32_t kernel_library_version() { return THIMBLE_KERNELS_VERSION; }

std::string hex_of(std::uint32_t value) { return fmt::format("{:08x}", value); }

}  // namespace thimble
