#include "deploy/build_firmware.hpp"

#include <algorithm>
#include <thread>

#include "deploy/elf.hpp"
#include "graph/base/error.hpp"

namespace thimble {

LinkedSize linked_size(const std::filesystem::path& elf) {
  LinkedSize size;
  for (const ElfSection& section : read_elf(elf).sections) {
    if (!section.allocated() || section.name.starts_with(".kat.")) continue;
    const bool in_ram = section.name == ".data" || section.name == ".bss" || section.name == ".stack";
    const bool in_flash = section.name == ".data" || section.name == ".vectors" || section.name == ".text";
    if (!in_ram && !in_flash) throw Error(elf.string() + ": holds a section that is not ours: " + section.name);
    size.sram_bytes += in_ram ? section.size : 0;
    size.flash_bytes += in_flash ? section.size : 0;
  }
  return size;
}

constexpr unsigned kMostJobs = 8;

Result<BuiltFirmware, BuildError> build_firmware(const std::filesystem::path& folder, double deadline_s) {
  const std::string jobs = "-j" + std::to_string(std::clamp(std::thread::hardware_concurrency(), 1u, kMostJobs));
  const ProcessResult result =
      run_process({"make", jobs, "--no-print-directory", "-C", folder.string()}, "", deadline_s);
  if (result.timed_out) return BuildError{timeout_text("make -C " + folder.string(), deadline_s, result.output)};
  if (result.exit_code == 127 && result.output.empty())
    return BuildError{"make: cannot be run; Debian: apt install make"};
  if (result.exit_code != 0) return BuildError{result.output};
  const std::filesystem::path elf = folder / "firmware.elf";
  return BuiltFirmware{elf, linked_size(elf)};
}

}  // namespace thimble
