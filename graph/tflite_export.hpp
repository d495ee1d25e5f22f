#pragma once
#include <cstdint>
#include <vector>

#include "graph/base/result.hpp"
#include "graph/graph.hpp"
#include "graph/tflite_import.hpp"

namespace thimble {

/// Writes an int8 graph as a .tflite file that TFLite, TFLite Micro and import_tflite() run bit for bit as
/// Int8Interpreter does. Only of MUL the two differ: its factor is a product of doubles to TFLite Micro, as here, and
/// of floats to TFLite, so that a result there may be one step off.
///
/// Operators keep their order and give their names to their output tensors. TFLite knows only SAME and VALID padding:
/// any other becomes a PAD (named NAME.pad) before a VALID operator. Tensors that nobody reads stay behind.
/// @param graph  validate() and validate_int8() find nothing
/// @error UnsupportedOperators  what TFLite cannot express, all of it: pools with a padding of their own, a mean into
///                              another shape than TFLite's
Result<std::vector<std::uint8_t>, UnsupportedOperators> export_tflite(const Graph& graph);

}  // namespace thimble
