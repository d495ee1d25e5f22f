#pragma once
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

// Operators that only move or group elements, as tables from row-major element to row-major element. The interpreters
// make them once and share them between float and int8.

/// For each element of `out` the element of `in` that is broadcast to it (NumPy's rule).
std::vector<int> broadcast_map(const Shape& in, const Shape& out);

/// For each output element of PAD the input element, -1 for padding; `in` is NHWC.
std::vector<int> pad_map(const Shape& in, const Padding& padding);

/// For each output element of TRANSPOSE the input element.
std::vector<int> transpose_map(const Shape& in, const std::vector<int>& axes);

/// For each output element of a nearest-neighbour resize the input element: floor(index * in / out), NHWC.
std::vector<int> resize_nearest_map(const Shape& in, const Shape& out);

/// Per input of a concatenation: its tensor, and for each of its elements the output element that it becomes.
std::vector<std::pair<std::size_t, std::vector<int>>> concat_parts(const Graph& graph, const Operator& op);

/// For each input element the output element that it is reduced into.
std::vector<int> reduce_map(const Shape& in, const std::vector<int>& axes);

}  // namespace thimble
