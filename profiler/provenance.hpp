#pragma once
#include <cstdint>
#include <string>

namespace thimble {

/// Facts of the build that every measurement carries.
std::string firmware_compiler();  ///< of the probe firmware, e.g. "arm-none-eabi-gcc 12.2.1"
std::string firmware_flags();
std::string host_compiler();
std::string host_flags();
/// Of the source tree that was built; "unknown" outside a checkout.
std::string git_hash();
/// Of the sources of the kernel library, as the probe firmware reports it.
std::uint32_t kernel_library_version();

/// What a reader of modelled cycles must know; to stand wherever they are shown.
std::string cycle_model_caveat();

/// Eight lower-case hexadecimal digits.
std::string hex_of(std::uint32_t value);

}  // namespace thimble
