#pragma once
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Everything that keeps a sound graph (validate() finds nothing) from running in TFLite's int8 arithmetic; empty if it
/// can. Rules: activations int8 with one scale and a zero point in [-128,127] (float32 around QUANTIZE and DEQUANTIZE
/// only); weights int8, filled in, with zero points 0 and one scale or one per output channel; bias int32; operators
/// that move or pool elements keep scale and zero point; SOFTMAX writes scale 1/256, zero point -128.
std::vector<std::string> validate_int8(const Graph& graph);

}  // namespace thimble
