#include "deploy/target.hpp"

namespace thimble {

std::vector<std::string> compiler_flags(const Target& target) {
  return {"-mcpu=" + target.cpu, "-mthumb", "-mfloat-abi=soft", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
          "-ffreestanding",
          // A section per function and constant: the linker keeps what is used, and the planner can count it.
          "-ffunction-sections", "-fdata-sections", "-fno-merge-constants",
          // Loops that copy stay loops: memcpy must not call itself.
          "-fno-tree-loop-distribute-patterns", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables"};
}

std::vector<std::string> linker_flags(const Target&) {
  return {"-nostdlib", "-static", "-Wl,--gc-sections", "-Wl,--orphan-handling=error", "-Wl,--build-id=none"};
}

}  // namespace thimble
