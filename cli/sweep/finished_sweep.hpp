#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/model.hpp"
#include "cli/run_directory.hpp"

namespace thimble {

/// Whether the run is a sweep's, however it ended: killed ones, too.
bool is_sweep(const RunDirectory& run);

/// A subnet of a sweep's space with random weights, and cases of random bytes.
/// @error ConfigError  there is no such subnet, or none is named
Model model_of_sweep(const RunDirectory& run, const std::string& subnet);

/// Measures what the sweep has measured on another board: {subnet, board, latency_us, cycles, provenance, failure}
/// each. Measurements are kept with the sweep's.
/// @param board       its name or file
/// @error BoardError  the board is to blame
nlohmann::json replay_sweep(const RunDirectory& run, const std::string& board);

}  // namespace thimble
