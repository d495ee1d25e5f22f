#include "profiler/provenance.hpp"

#include <fmt/format.h>

#include <map>

namespace thimble {

std::string firmware_compiler() { return THIMBLE_FIRMWARE_COMPILER; }

std::string firmware_flags(const std::string& image) {
  static const std::map<std::string, std::string> flags = {
#include "firmware_flags.inc"
  };
  const auto found = flags.find(image);
  return found == flags.end() ? "" : found->second;
}

std::string host_compiler() { return "g++ " __VERSION__; }
std::string host_flags() { return THIMBLE_HOST_FLAGS; }
std::string git_hash() { return THIMBLE_GIT_HASH; }
std::uint32_t kernel_library_version() { return THIMBLE_KERNELS_VERSION; }

std::string cycle_model_caveat(const std::string& core) {
  const std::string common =
      ": no wait states, caches or bus contention; instructions that an IT block skips count; refill after a branch "
      "and "
      "division take constant times. ";
  if (core == "cortex-m3")
    return "modelled by the timings of the Cortex-M3 manual" + common +
           "Long multiplications take their longest time. Not compared with a board";
  if (core == "cortex-m7")
    return "modelled as an in-order pipeline that issues two instructions a cycle, for Arm publishes no timings of the "
           "Cortex-M7" +
           common + "An approximation, not compared with a board";
  if (core == "cortex-m55")
    return "modelled as an in-order pipeline with vectors at two beats a cycle, for Arm publishes few timings of the "
           "Cortex-M55" +
           common + "An approximation, not compared with a board";
  return "modelled by the timings of the Cortex-M4 manual" + common +
         "A board took 1.03 to 1.28 times as many (NUCLEO-L4R5ZI, published networks)";
}

std::string hex_of(std::uint32_t value) { return fmt::format("{:08x}", value); }

}  // namespace thimble
