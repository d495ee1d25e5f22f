#pragma once
#include <string>

#include "graph/graph.hpp"

namespace thimble {

/// Writes an int8 graph as an ONNX model in QDQ form (opset 13): float operators between QuantizeLinear and
/// DequantizeLinear, weights int8 with a scale per output channel, biases int32 with the scale of their sums.
///
/// Inputs and outputs are the graph's own tensors, of its types and in its order of dimensions (images NHWC, int8): the
/// bytes that the firmware takes. Inside, images are NCHW as ONNX's operators want them, with a Transpose at each end.
/// A runtime rounds in float, to even: its results lie within rounding of Int8Interpreter's, and are not the same bits.
/// @param graph  validate() and validate_int8() find nothing
/// @return the bytes of the file; the same graph gives the same bytes
std::string export_onnx(const Graph& graph);

}  // namespace thimble
