#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "deploy/code_inventory.hpp"
#include "deploy/plan.hpp"
#include "deploy/project_folder.hpp"
#include "deploy/target.hpp"

namespace thimble {

/// Cases of the known-answer test: raw int8 tensors, one case after the other.
struct KnownAnswers {
  std::vector<std::int8_t> inputs, outputs;
};

/// The generated model.c: constants, arena and layer table of one model. The same arguments give the same bytes.
/// @param graph  the int8 graph with weights that the plan was made of
/// @error Error  a layer that the kernels cannot hold
std::string model_source(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory);
/// The generated model.h: sizes, shapes, quantisation, and class names where there are any, as macros.
/// @error Error  there are class names, but not as many as the first output has values
std::string model_header(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory,
                         const std::vector<std::string>& class_names = {});

/// A folder that `make` turns into libmodel.a and firmware.elf, before it is written.
struct FirmwareProject {
  std::vector<GeneratedFile> files;
  int cases = 0;  ///< known answers that it holds: in a board's flash the first of them, as many as there is room for
};

/// A firmware project that needs arm-none-eabi-gcc alone.
///
///   model.h model.c model_api.h model_api.c   the model and its interface
///   thimble/                                  the kernels that it uses
///   startup.c firmware.ld Makefile README.md
///   kat/                                      the known-answer test and its cases
/// @param class_names  what the values of the first output are scores of; empty: not known
/// @error Error            the cases are not whole tensors
/// @error DoesNotFitError  the model or its cases do not fit the target's memory
FirmwareProject firmware_project(const Plan& plan, const Graph& graph, const Target& target,
                                 const CodeInventory& inventory, const KnownAnswers& answers,
                                 const std::vector<std::string>& class_names = {});

/// What a board's project flashes with by itself: the target's script of OpenOCD; "BOARD.cfg", which its user replaces,
/// where that has blanks or signs that make or a shell would take apart.
std::string flashing_script(const Target& target);

/// Writes a firmware project over whatever is in the folder, without a manifest: for folders that nobody else knows.
/// @error Error  as firmware_project; the folder cannot be written
void write_firmware(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory,
                    const KnownAnswers& answers, const std::filesystem::path& folder,
                    const std::vector<std::string>& class_names = {});

}  // namespace thimble
