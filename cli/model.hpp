#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "deploy/c_writer.hpp"
#include "deploy/code_inventory.hpp"
#include "deploy/simplify/simplify.hpp"
#include "evaluators/board_planner.hpp"
#include "graph/graph.hpp"
#include "profiler/board.hpp"

namespace thimble {

/// What a MODEL on the command line stands for.
struct Model {
  std::string name{};  ///< the file's, or the subnet's text
  Graph graph{};       ///< int8 with weights, as imported or quantised: the reference of everything
  Graph deployed{};    ///< what is planned: simplified, or with cropped windows; the same output bits
  SimplifyReport simplified{};
  std::vector<std::string> unsupported{};  ///< operators that cannot even be imported; the graphs are empty then
  std::vector<std::string> class_names{};  ///< of a run's pictures; empty for a file
  KnownAnswers answers{};                  ///< some cases, answered by the reference interpreter from `graph`

  /// @error DoesNotFitError  operators that cannot be imported, all of them
  void require_imported() const;
};

/// A .tflite file, a published network configuration (.json, search/space/network_config.hpp; its weights are random),
/// or RUN (its winner), or RUN:SUBNET. Cases are test pictures of a run, random bytes for a file.
/// @error ConfigError  no such file, run or subnet
Model load_model(const std::string& spec);

/// A float graph of an architecture with random weights, quantised: what it costs, not what it knows.
Model with_random_weights(Graph graph);

/// The model planned for a board that firmware can be made for, with the inventory that its sizes come from.
/// @error DoesNotFitError  it cannot be planned; names every operator. Or not within the flash budget of `options`
PlannedSubnet plan_model(const Model& model, const CodeInventory& inventory, const PlanOptions& options,
                         const MemoryLimits& limits);

/// The options by which the model keeps --flash-budget: `options`, or those of the smallest plan.
/// @error DoesNotFitError  it cannot; names the bytes that it can do with
PlanOptions within_flash_budget(const Model& model, const CodeInventory& inventory, const PlanOptions& options,
                                const MemoryLimits& limits);

/// For a board that no firmware is made for: its footprint stays empty.
PlannedSubnet plan_without_sizes(const Model& model, const PlanOptions& options);

/// The target's kernels and compiler, measured once and cached in runs/.cache.
CodeInventory inventory_of(const Board& board, PlanMode mode);

/// What --mode and --flash-budget ask for.
PlanOptions plan_options(const ModelOptions& options);

/// Folder in runs/.cache for the firmware that profile and verify build: one per model, board and options.
std::filesystem::path scratch_firmware(const Model& model, const Board& board, const PlanOptions& options);

}  // namespace thimble
