#include "deploy/pack/mean.hpp"

#include <algorithm>
#include <limits>

#include "deploy/kernels/mean.h"
#include "deploy/pack/tensor_channel.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

int clamped(std::int64_t count) {
  return static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

}  // namespace

Result<WindowGeometry, std::string> mean_geometry(const Graph& graph, const Operator& op) {
  const Shape& shape = input_of(graph, op).shape;
  std::int64_t outer = 1, reduced = 1, inner = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (std::find(op.axes.begin(), op.axes.end(), static_cast<int>(i)) == op.axes.end()) {
      (reduced == 1 ? outer : inner) *= shape[i];
    } else {
      if (inner != 1) return std::string("mean over dimensions that are not neighbours");
      reduced *= shape[i];
    }
  }
  if (reduced == 1) std::swap(outer, inner);
  WindowGeometry g{.in_h = clamped(outer), .in_w = clamped(reduced), .in_c = clamped(inner)};
  g.out_h = g.in_h, g.out_w = 1, g.out_c = g.in_c;
  return g;
}

PackResult pack_mean(const Graph& graph, const Operator& op) {
  const auto g = mean_geometry(graph, op);
  THIMBLE_CHECK(g.has_value(), op.name + ": mean");
  const auto channel = tensor_channel(tensor_multiplier(graph, op), std::int64_t{255} * g->in_w);
  if (!channel) return op.name + ": scales of the input and the output lie too far apart for the int8 kernel";
  return Words{static_cast<std::uint32_t>(-zero_point_of(input_of(graph, op)) * g->in_w),
               static_cast<std::uint32_t>(channel->multiplier), channel->shifts};
}

std::int64_t mean_bytes() { return 4 * THIMBLE_MEAN_WORDS; }

}  // namespace thimble
