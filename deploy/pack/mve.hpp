#pragma once
#include "deploy/kernels/thimble.h"
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// The kernel for cores with the vector extension (MVE) that computes what `kernel` does; `kernel` itself where there
/// is none.
thimble_kernel_id mve_kernel(thimble_kernel_id kernel);

/// Whether it is one of those.
bool is_mve(thimble_kernel_id kernel);

/// thimble_layer::wide for such a kernel: some channel needs the longer rounding. False without quantisation.
bool mve_is_wide(const Graph& graph, const Operator& op);

/// Weights of convolutions, depthwise and fully connected layers, as deploy/kernels/mve.h lays them out.
/// @error a channel whose accumulator could leave int32 in its left shift
PackResult pack_mve(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t mve_bytes(const Graph& graph, const Operator& op);

}  // namespace thimble
