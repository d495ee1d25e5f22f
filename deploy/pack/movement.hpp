#pragma once
#include <array>

#include "deploy/kernels/thimble.h"
#include "deploy/pack/operator_view.hpp"

namespace thimble {

// Operators that only move elements: transpose, concat.

/// A transposition of three dimensions, to which every one of four with a dimension of 1 comes down.
struct Transposition {
  std::array<int, 3> in{1, 1, 1};
  std::array<int, 3> axes{0, 1, 2};  ///< output dimension i is input dimension axes[i]
};
/// @error the reason why it does not come down to three
Result<Transposition, std::string> transposition_of(const Graph& graph, const Operator& op);

/// Input `part` of a concatenation: rows of in_w * in_c bytes, which go into rows of out_w * out_c bytes.
WindowGeometry concat_geometry(const Graph& graph, const Operator& op, int part);
/// Where in each output row they go.
std::int64_t concat_offset(const Graph& graph, const Operator& op, int part);

}  // namespace thimble
