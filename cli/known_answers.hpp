#pragma once
#include <filesystem>
#include <string>

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "evaluators/subnet_planner.hpp"
#include "profiler/board.hpp"
#include "supernet/data/image_set.hpp"

namespace thimble {

/// Inputs from the first `count` pictures, outputs from the int8 reference interpreter.
KnownAnswers known_answers(const Graph& int8_graph, const ImageSet& images, int count, int threads);

/// What a firmware did with its known answers.
struct FirmwareCheck {
  int cases = 0, answered = 0;  ///< answered: inferences that came to their end
  bool bit_exact = false;
  std::int64_t cycles = 0, instructions = 0;  ///< of one inference, median over the cases
  LinkedSize linked;
  std::string console;
};

/// Writes the firmware project over whatever is in the folder, builds it, and runs its known-answer test on the
/// (virtual) board.
/// @error Error       it does not build, or its linked SRAM or flash are not the predicted bytes
/// @error BoardError  the emulator failed
FirmwareCheck deploy_and_check(const PlannedSubnet& planned, const Graph& int8_graph, const Board& board,
                               const CodeInventory& inventory, const KnownAnswers& answers,
                               const std::filesystem::path& folder, const std::vector<std::string>& class_names = {});

}  // namespace thimble
