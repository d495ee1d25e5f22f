#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Constants of add, as deploy/kernels/add.h lays them out.
PackResult pack_elementwise(const Graph& graph, const Operator& op);
/// Its bytes, from shapes alone.
std::int64_t elementwise_bytes(const Graph& graph, const Operator& op);

}  // namespace thimble
