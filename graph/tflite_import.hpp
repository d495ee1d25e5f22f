#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/base/result.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// Why a model cannot be imported although its file is sound: every operator that Thimble lacks, at once.
struct UnsupportedOperators {
  struct Item {
    int index = 0;       ///< in the model's execution order; -1: of the whole model
    std::string name;    ///< TFLite's, e.g. "LSTM"; of the whole model: "inputs"
    std::string reason;  ///< e.g. "dilation 2x2", "not implemented", "weights are FLOAT32, must be INT8"
  };
  std::vector<Item> items;  ///< an operator may have several
};

/// "operator 7 (LSTM): not implemented"
std::string to_text(const UnsupportedOperators::Item& item);
/// One line per item.
std::string to_text(const UnsupportedOperators& unsupported);

/// Reads an int8 .tflite file.
///
/// The graph keeps the file's operators and tensor indices one to one; an operator is named by its output tensor.
/// Padding becomes explicit; a missing bias becomes zeros; a depthwise convolution of one channel with a multiplier
/// becomes a convolution. Tensors that only parametrise an operator (a reshape's shape) stay behind, empty and unread.
/// The result passes validate() and validate_int8() and has one input.
/// @param name  of the file, in messages
/// @error ConfigError  the file is corrupt, its network is not sound, or larger than import_limits.hpp allows; all
///                     problems at once
Result<Graph, UnsupportedOperators> import_tflite(std::span<const std::uint8_t> bytes, const std::string& name);
Result<Graph, UnsupportedOperators> load_tflite(const std::string& path);

/// TFLite's name of an operator: "CONV_2D", ...
const char* tflite_name(OpType type);

}  // namespace thimble
