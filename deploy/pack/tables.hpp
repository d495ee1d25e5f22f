#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// The 256 results of an operator whose result depends on one int8 value, by that value's byte read without sign:
/// quantize from int8; add and mul of one constant.
PackResult pack_lookup(const Graph& graph, const Operator& op);
std::int64_t lookup_bytes();

/// exp(-d) for differences d = 0 ... 255 of the quantised inputs in Q0.31, as TFLite's fixed point has it; 0 where it
/// leaves the difference out.
PackResult pack_softmax(const Graph& graph, const Operator& op);
std::int64_t softmax_bytes();

}  // namespace thimble
