#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "deploy/code_inventory.hpp"
#include "deploy/plan.hpp"
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

/// Writes a folder that `make` turns into libmodel.a and firmware.elf, with arm-none-eabi-gcc alone.
///
///   model.h model.c model_api.h model_api.c   the model and its interface
///   thimble/                                  the kernels that it uses
///   startup.c firmware.ld Makefile README.md
///   kat/                                      the known-answer test and its cases
/// Files of those names are replaced.
/// @param class_names  what the values of the first output are scores of; empty: not known
/// @error Error  the folder cannot be written; the cases are not whole tensors, or do not fit the target's memory
void write_firmware(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory,
                    const KnownAnswers& answers, const std::filesystem::path& folder,
                    const std::vector<std::string>& class_names = {});

}  // namespace thimble
