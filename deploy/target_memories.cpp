#include <algorithm>

#include "deploy/target.hpp"

namespace thimble {
namespace {

constexpr std::uint32_t kMiB = 1u << 20, kKiB = 1u << 10;

/// The MPS2 images have two fast memories of 4 MiB; the slow one of 16 MiB lies elsewhere on the AN500. On the AN547
/// everything is secure until software says otherwise, so the firmware sees all of it under the non-secure addresses.
const std::vector<Target>& machines() {
  static const std::vector<Target> all = {
      {.board = "virtual-m3", .cpu = "cortex-m3", .fpu = {}, .machine = "mps2-an385", .startup = {}, .vectors = {}},
      {.board = "virtual-m4", .cpu = "cortex-m4", .fpu = {}, .machine = "mps2-an386", .startup = {}, .vectors = {}},
      {.board = "virtual-m7",
       .cpu = "cortex-m7",
       .fpu = {},
       .machine = "mps2-an500",
       .startup = {},
       .test_data = {0x60000000, 16 * kMiB},
       .vectors = {}},
      {.board = "virtual-m55",
       .cpu = "cortex-m55",
       .fpu = {},
       .machine = "mps3-an547",
       .startup = {},
       .flash = {0x28000000, 8 * kMiB},
       .ram = {0x21000000, 4 * kMiB},
       .test_data = {0x60000000, 16 * kMiB},
       .vectors = {0x00000000, 4 * kKiB}},
  };
  return all;
}

struct Startup {
  const char* name;
  const char* cpu;
  const char* fpu;
  const char* clock;  ///< the file that starts the clock
  bool caches;
  MemoryRegion flash, ram;
};

constexpr std::uint32_t kFlash = 0x08000000, kSram = 0x20000000;

/// F746: data TCM, SRAM 1 and 2 in one piece. H743: the AXI SRAM. L4R5: SRAM 1, 2 (its alias) and 3 in one piece.
constexpr Startup kStartups[] = {
    {"nucleo-f412zg", "cortex-m4", "fpv4-sp-d16", "clock_stm32f4_f7.c", false, {kFlash, kMiB}, {kSram, 256 * kKiB}},
    {"nucleo-f446re", "cortex-m4", "fpv4-sp-d16", "clock_stm32f4_f7.c", false, {kFlash, kMiB / 2}, {kSram, 128 * kKiB}},
    {"nucleo-f746zg", "cortex-m7", "fpv5-sp-d16", "clock_stm32f4_f7.c", true, {kFlash, kMiB}, {kSram, 320 * kKiB}},
    {"nucleo-h743zi2", "cortex-m7", "fpv5-d16", "clock_stm32h7.c", true, {kFlash, 2 * kMiB}, {0x24000000, 512 * kKiB}},
    {"nucleo-l4r5zi", "cortex-m4", "fpv4-sp-d16", "clock_stm32l4.c", false, {kFlash, 2 * kMiB}, {kSram, 640 * kKiB}},
    {"stm32f746g-disco", "cortex-m7", "fpv5-sp-d16", "clock_stm32f4_f7.c", true, {kFlash, kMiB}, {kSram, 320 * kKiB}},
};

const Startup* find_startup(const std::string& name) {
  for (const Startup& startup : kStartups)
    if (startup.name == name) return &startup;
  return nullptr;
}

}  // namespace

std::optional<Target> startup_target(const std::string& startup) {
  const Startup* found = find_startup(startup);
  if (found == nullptr) return {};
  Target target;
  target.board = target.startup = startup;
  target.cpu = found->cpu;
  target.fpu = found->fpu;
  target.machine.clear();
  target.flash = found->flash;
  target.ram = found->ram;
  target.test_data = {};
  return target;
}

std::vector<std::string> startup_names() {
  std::vector<std::string> names;
  for (const Startup& startup : kStartups) names.emplace_back(startup.name);
  return names;
}

std::vector<std::string> startup_files(const std::string& startup) {
  const Startup* found = find_startup(startup);
  if (found == nullptr) return {};
  std::vector<std::string> files = {"clock.h", "stm32.h", found->clock};
  if (found->caches) files.emplace_back("caches.c");
  return files;
}

std::optional<Target> machine_target(const std::string& machine) {
  for (const Target& target : machines())
    if (target.machine == machine) return target;
  return {};
}

std::vector<std::string> machine_names() {
  std::vector<std::string> names;
  for (const Target& target : machines()) names.push_back(target.machine);
  return names;
}

}  // namespace thimble
