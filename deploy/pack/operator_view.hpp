#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "graph/base/check.hpp"
#include "graph/base/result.hpp"
#include "graph/graph.hpp"
#include "graph/window.hpp"

namespace thimble {

// What the packers of all kernels ask of an operator.

using Words = std::vector<std::uint32_t>;
using PackResult = Result<Words, std::string>;

inline const Tensor& input_of(const Graph& graph, const Operator& op) { return graph.tensor(op.inputs.at(0)); }
inline const Tensor& output_of(const Graph& graph, const Operator& op) { return graph.tensor(op.outputs.at(0)); }

/// 0 without quantisation.
std::int32_t zero_point_of(const Tensor& tensor);

/// An operator as its kernel sees it: a fully connected layer is a 1x1 convolution of one pixel; kernel_h = 0: no
/// window. A concatenation has one layer per input, `part`.
/// @pre kernel_for gave a kernel
WindowGeometry geometry_of(const Graph& graph, const Operator& op, int part = 0);

/// 1x1, stride 1, no padding.
bool is_pointwise(const Graph& graph, const Operator& op);

inline int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

template <class T>
const std::vector<T>& data_of(const Tensor& tensor) {
  const auto* data = std::get_if<std::vector<T>>(&tensor.data);
  THIMBLE_CHECK(data && static_cast<std::int64_t>(data->size()) == tensor.elements(), "no values in " + tensor.name);
  return *data;
}

}  // namespace thimble
