#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evaluators/latency_model_file.hpp"
#include "evaluators/model_file.hpp"

namespace thimble {

// The form of a latency model's file, for those who write and read it.

inline constexpr ModelFileKind kLatencyModelFile{"thimble latency model", kLatencyModelSchema,
                                                 "make the model anew with `thimble latency-model`"};
inline constexpr double kPercent = 100;

/// Names of a row's values.
nlohmann::json layer_columns();
nlohmann::json layer_row(const LayerShape& shape, const TimedShape& timed);
/// Adds a row to the table.
/// @return what must hold, where it does not; else ""
std::string read_layer_row(const nlohmann::json& row, LatencyParameters& parameters);

}  // namespace thimble
