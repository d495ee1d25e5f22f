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

}  // namespace

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
