#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "graph/base/result.hpp"
#include "graph/base/run_process.hpp"

namespace thimble {

/// Memory that the linker placed for the model: everything but the sections of the known-answer test.
struct LinkedSize {
  std::int64_t sram_bytes = 0;   ///< .data, .bss, .stack
  std::int64_t flash_bytes = 0;  ///< .vectors, .text, .data's initial values
};

struct BuiltFirmware {
  std::filesystem::path elf;
  LinkedSize linked;
};

/// Why `make` failed: what it and the compiler printed.
struct BuildError {
  std::string output;
};

/// Runs make in a folder of write_firmware.
/// @param deadline_s  seconds that it may take
/// @error BuildError  make is missing, ended with an error, or did not end in time
Result<BuiltFirmware, BuildError> build_firmware(const std::filesystem::path& folder, double deadline_s = kToolSeconds);

/// @error Error  the file is no ELF file, or holds a section that Thimble does not know
LinkedSize linked_size(const std::filesystem::path& elf);

}  // namespace thimble
