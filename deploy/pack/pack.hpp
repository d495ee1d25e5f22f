#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/isa.hpp"
#include "deploy/kernels/thimble.h"
#include "graph/base/result.hpp"
#include "graph/graph.hpp"

namespace thimble {

/// The kernel that computes an operator, or why none does ("add with broadcasting", ...). From shapes alone.
Result<thimble_kernel_id, std::string> kernel_for(const Graph& graph, const Operator& op);

/// All kernels that compute it, that one first; from shapes alone but for those that cannot hold the operator's numbers,
/// which is not seen in quantised networks. Where the core has a kernel of its own for the operator: that one alone.
/// @param small  also those that are slower and less code
std::vector<thimble_kernel_id> kernels_for(const Graph& graph, const Operator& op, Isa isa = Isa::kPortable,
                                           bool small = false);

/// Layers that an operator becomes: one, but for a concatenation, which has one per input.
int layer_count(const Operator& op);

/// Shapes, window, padding, zero points and activation of an operator as the runtime takes them; offsets, scratch and
/// weights stay 0. Without quantisation the layer gets what the quantiser chooses: relu and relu6 put the zero point at
/// -128, and every activation range is the whole of int8; so a layer's time is known from a graph without weights.
/// @param kernel  one of kernels_for; kernel_for's where it is left out
/// @param part    of an operator that becomes several layers
thimble_layer layer_shape(const Graph& graph, const Operator& op, thimble_kernel_id kernel, int part = 0);
thimble_layer layer_shape(const Graph& graph, const Operator& op);

/// Bytes that pack will give, from shapes alone; a multiple of 4.
std::int64_t packed_bytes(const Graph& graph, const Operator& op, thimble_kernel_id kernel);
std::int64_t packed_bytes(const Graph& graph, const Operator& op);

/// Weights, biases, multipliers and shifts of an int8 operator in the order in which its kernel reads them, to be
/// placed at a multiple of 4.
/// @error a channel whose accumulator leaves the range in which the kernels are exact (|accumulator| < 2^30 after the
///        left shift): not seen in quantised networks, possible with enormous biases or multipliers
Result<std::vector<std::uint32_t>, std::string> pack(const Graph& graph, const Operator& op, thimble_kernel_id kernel);
Result<std::vector<std::uint32_t>, std::string> pack(const Graph& graph, const Operator& op);

}  // namespace thimble
