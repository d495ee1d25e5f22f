#include "deploy/target.hpp"

namespace thimble {
namespace {

constexpr const char* kNone = "none";

std::string usual_fpu(const std::string& cpu) {
  if (cpu == "cortex-m4") return "fpv4-sp-d16";
  if (cpu == "cortex-m7") return "fpv5-d16";
  if (cpu == "cortex-m33") return "fpv5-sp-d16";
  if (cpu == "cortex-m55") return "auto";  // with the vector extension, which has no name of its own there
  return kNone;
}

}  // namespace

std::string fpu_of(const Target& target) { return target.fpu.empty() ? usual_fpu(target.cpu) : target.fpu; }

std::vector<std::string> compiler_flags(const Target& target, PlanMode mode) {
  std::vector<std::string> flags = {"-mcpu=" + target.cpu, "-mthumb"};
  const std::string fpu = fpu_of(target);
  flags.push_back(fpu == kNone ? "-mfloat-abi=soft" : "-mfloat-abi=hard");
  if (fpu != kNone) flags.push_back("-mfpu=" + fpu);
  flags.insert(flags.end(),
               {"-std=c11", mode == PlanMode::kSize ? "-Os" : "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding",
                // A section per function and constant: the linker keeps what is used, and the planner can
                // count it.
                "-ffunction-sections", "-fdata-sections", "-fno-merge-constants",
                // Loops that copy stay loops: memcpy must not call itself.
                "-fno-tree-loop-distribute-patterns", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables"});
  return flags;
}

std::vector<std::string> linker_flags(const Target&) {
  return {"-nostdlib", "-static", "-Wl,--gc-sections", "-Wl,--orphan-handling=error", "-Wl,--build-id=none"};
}

int exception_frame_bytes(const Target& target) {
  const int words = fpu_of(target) == kNone ? 8 : 26;
  return (4 * (words + 1) + 7) / 8 * 8;
}

}  // namespace thimble
