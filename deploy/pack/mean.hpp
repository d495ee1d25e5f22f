#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// A mean as its kernel sees it: [outer, reduced, inner] to [outer, 1, inner].
/// @error the reason why the reduced dimensions are not neighbours
Result<WindowGeometry, std::string> mean_geometry(const Graph& graph, const Operator& op);

/// Constants of mean, as deploy/kernels/mean.h lays them out.
PackResult pack_mean(const Graph& graph, const Operator& op);
std::int64_t mean_bytes();

}  // namespace thimble
