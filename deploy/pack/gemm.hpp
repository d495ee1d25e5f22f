#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Weights of convolutions and fully connected layers, as deploy/kernels/gemm.h lays them out.
/// @param lines  layers of few channels in the order of deploy/kernels/conv2d_few.c; else in that of all others
PackResult pack_gemm(const Graph& graph, const Operator& op, bool lines = true);
/// Its bytes, from shapes alone.
std::int64_t gemm_bytes(const Graph& graph, const Operator& op);

/// thimble_layer::wide of an operator, THIMBLE_GEMM_FORM_...; without values, narrow.
int gemm_form(const Graph& graph, const Operator& op);

}  // namespace thimble
