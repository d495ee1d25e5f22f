#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Weights of depthwise convolutions, as deploy/kernels/depthwise.h lays them out.
PackResult pack_depthwise(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t depthwise_bytes(const Graph& graph, const Operator& op);

/// False where a channel has no form that the planned kernels take: the layer must be `wide`. True without values.
bool depthwise_is_narrow(const Graph& graph, const Operator& op);

}  // namespace thimble
