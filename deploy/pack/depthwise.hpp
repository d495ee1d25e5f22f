#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Weights of depthwise convolutions, as deploy/kernels/depthwise.h lays them out.
PackResult pack_depthwise(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t depthwise_bytes(const Graph& graph, const Operator& op);

/// The layer's `wide`, as deploy/kernels/depthwise.h tells: the first form that all its channels have. Without values
/// the one that quantised layers usually have.
int depthwise_form(const Graph& graph, const Operator& op);

}  // namespace thimble
