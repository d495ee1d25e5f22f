#pragma once
#include "deploy/pack/elementwise.hpp"

namespace thimble {

/// Constants of mul, as deploy/kernels/mul.h lays them out, then the constant operand.
PackResult pack_mul(const Graph& graph, const Operator& op);
std::int64_t mul_bytes(const Graph& graph, const Operator& op);

/// False where the layer must be `wide`: no short form gives TFLite's results. True without quantisation.
bool mul_is_short(const Graph& graph, const Operator& op);

/// True where no product needs the nudge of negative ties: none is negative, or the activation hides them.
bool mul_is_relu(const Graph& graph, const Operator& op);

}  // namespace thimble
