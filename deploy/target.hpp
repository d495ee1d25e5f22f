#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/kernel_choice.hpp"

namespace thimble {

/// One contiguous memory of a microcontroller.
struct MemoryRegion {
  std::uint32_t origin = 0;
  std::uint32_t bytes = 0;
};

/// What the code generator must know of a board: its core, where its memories lie and what starts it.
struct Target {
  std::string board = "virtual-m4";
  std::string cpu = "cortex-m4";       ///< as -mcpu= takes it
  std::string fpu;                     ///< as -mfpu= takes it; empty: that of the core; "none": there is none
  std::string machine = "mps2-an386";  ///< of qemu-system-arm; empty for hardware
  std::string startup;                 ///< of hardware: which files of deploy/firmware/boards start it
  std::string openocd_config{};        ///< of hardware: the script that OpenOCD flashes it with; empty: not known
  MemoryRegion flash{0x00000000, 4u << 20};
  MemoryRegion ram{0x20000000, 4u << 20};
  MemoryRegion test_data{0x21000000, 16u << 20};  ///< holds the known-answer cases; 0 bytes: they go to flash
  MemoryRegion vectors;                           ///< where the core looks for them; 0 bytes: at the start of flash
};

/// The target that a machine of QEMU is; nothing of one that Thimble does not know. Memories are QEMU's (hw/arm/mps2.c,
/// mps2-tz.c) and those of Arm's application notes 385, 386, 500 and 547.
std::optional<Target> machine_target(const std::string& machine);
std::vector<std::string> machine_names();

/// The target that a board is whose start-up code Thimble brings (deploy/firmware/boards); nothing of another name.
/// Memories are those of the reference manuals, the largest piece that needs no care.
std::optional<Target> startup_target(const std::string& startup);
std::vector<std::string> startup_names();
/// Files of deploy/firmware/boards that a start-up takes besides its header.
std::vector<std::string> startup_files(const std::string& startup);

/// The floating-point unit of the target as -mfpu= takes it; "none" where it has none. The kernels compute in integers,
/// but its registers hold what the core's sixteen cannot.
std::string fpu_of(const Target& target);

/// Flags of every C file of a firmware, in order; the sizes of its functions follow from them and the compiler.
/// @param mode  size: -Os
std::vector<std::string> compiler_flags(const Target& target, PlanMode mode = PlanMode::kSpeed);
/// Flags of the link besides those; no libc, no libgcc.
std::vector<std::string> linker_flags(const Target& target);

/// What the core pushes when an exception comes, with the word that aligns it (ARMv7-M manual B1.5.6, B1.5.7): 8 words,
/// or 26 with the floating-point state; lazy stacking reserves the room all the same.
int exception_frame_bytes(const Target& target);

}  // namespace thimble
