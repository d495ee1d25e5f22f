#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evaluators/latency_model.hpp"

namespace thimble {

// The form of a latency model's file, for those who write and read it.

inline constexpr const char* kLatencyModelFormat = "thimble latency model";
inline constexpr const char* kMakeAnew = "make the model anew with `thimble latency-model`";
inline constexpr double kPercent = 100;

/// CRC-32 of the document without its own "crc32".
std::string checksum_of(const nlohmann::json& document);

/// Names of a row's values.
nlohmann::json layer_columns();
nlohmann::json layer_row(const LayerShape& shape, const TimedShape& timed);
/// Adds a row to the table.
/// @return what must hold, where it does not; else ""
std::string read_layer_row(const nlohmann::json& row, LatencyParameters& parameters);

}  // namespace thimble
