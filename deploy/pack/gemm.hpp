#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Weights of convolutions and fully connected layers, as deploy/kernels/gemm.h lays them out.
PackResult pack_gemm(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t gemm_bytes(const Graph& graph, const Operator& op);

/// Whether an operator with values needs thimble_layer::wide: some channel has no form of the narrow kernels.
bool gemm_is_wide(const Graph& graph, const Operator& op);

}  // namespace thimble
