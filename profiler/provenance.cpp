#include "profiler/provenance.hpp"

#include <fmt/format.h>

namespace thimble {

std::string firmware_compiler() { return THIMBLE_FIRMWARE_COMPILER; }
std::string firmware_flags() { return THIMBLE_FIRMWARE_FLAGS; }
std::string host_compiler() { return "g++ " __VERSION__; }
std::string host_flags() { return THIMBLE_HOST_FLAGS; }
std::string git_hash() { return THIMBLE_GIT_HASH; }
std::uint32_t kernel_library_version() { return THIMBLE_KERNELS_VERSION; }

std::string cycle_model_caveat() {
  return "modelled by the timings of the Cortex-M4 manual: no wait states, caches or bus contention; instructions that "
         "an "
         "IT block skips count; refill after a branch 2 and division 7 cycles throughout. A board took 1.03 to 1.28 "
         "times "
         "as many (NUCLEO-L4R5ZI, published networks)";
}

std::string hex_of(std::uint32_t value) { return fmt::format("{:08x}", value); }

}  // namespace thimble
