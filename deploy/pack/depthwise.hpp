#pragma once
#include "deploy/kernels/thimble.h"
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Weights of depthwise convolutions, as deploy/kernels/depthwise.h lays them out.
PackResult pack_depthwise(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t depthwise_bytes(const Graph& graph, const Operator& op);

/// The kernel of the operator's window, or of its map; of any window, with less code, where none is as fast, or where
/// the weights, once they are known, have no form that the fast ones compute (not seen in quantised networks).
thimble_kernel_id depthwise_kernel(const Graph& graph, const Operator& op);

/// Whether a kernel, for any core but those with vectors, computes depthwise convolutions.
bool is_depthwise_kernel(thimble_kernel_id kernel);

/// The layer's `wide`, as deploy/kernels/depthwise.h tells: the first form that all its channels have. Without values
/// the one that quantised layers usually have.
int depthwise_form(const Graph& graph, const Operator& op);

}  // namespace thimble
