#pragma once
#include <cstdint>
#include <string>

namespace thimble {

/// Facts of the build that every measurement carries.
std::string firmware_compiler();  ///< of the probe firmware, e.g. "arm-none-eabi-gcc 12.2.1"
/// Of the probe image of a built-in virtual board ("virtual-m4"); empty where there is none.
std::string firmware_flags(const std::string& image);
std::string host_compiler();
std::string host_flags();
/// Of the source tree that was built; "unknown" outside a checkout.
std::string git_hash();
/// Of the sources of the kernel library, as the probe firmware reports it.
std::uint32_t kernel_library_version();

/// What a reader of modelled cycles must know; to stand wherever they are shown.
/// @param core  of the board, "cortex-m4"
std::string cycle_model_caveat(const std::string& core);

/// Eight lower-case hexadecimal digits.
std::string hex_of(std::uint32_t value);

}  // namespace thimble
