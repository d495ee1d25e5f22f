#pragma once
#include <filesystem>

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "graph/base/files.hpp"

namespace thimble {

/// Links the firmwares of many plans for one target and mode. What they share (kernels, start-up, the known-answer
/// test) is compiled once; each firmware costs a compilation of its model.c and a link. Flags, objects and linker
/// script are those of the project's Makefile, so the image has the same bytes of SRAM and flash.
///
/// Several threads may call link().
class FirmwareLinker {
 public:
  /// Compiles what is shared.
  /// @error Error  there is no compiler, it refuses a source, or does not end in time; with its message
  FirmwareLinker(const Target& target, PlanMode mode);

  /// Writes the project of a plan (write_firmware) and links its firmware.elf.
  /// @param plan        of the linker's target and mode
  /// @param answers     of the known-answer test; empty where only the sizes matter
  /// @param folder      without files of another model
  /// @error BuildError  what the compiler or the linker said
  Result<BuiltFirmware, BuildError> link(const Plan& plan, const Graph& graph, const CodeInventory& inventory,
                                         const KnownAnswers& answers, const std::filesystem::path& folder) const;

 private:
  Target target_;
  PlanMode mode_;
  TemporaryFolder shared_;  ///< objects, those of the test in kat/
};

}  // namespace thimble
