#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Whether the Winograd kernel computes a convolution: 3x3, stride 1, channels in fours. From shapes alone.
bool winograd_takes(const Graph& graph, const Operator& op);
/// Whether every channel's constants have a form that it computes exactly; true without values.
bool winograd_holds(const Graph& graph, const Operator& op);

/// Its weights, transformed and laid out as deploy/kernels/winograd.h says.
/// @error a channel whose constants have no form that the kernel computes exactly
PackResult pack_winograd(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t winograd_bytes(const Graph& graph, const Operator& op);

}  // namespace thimble
