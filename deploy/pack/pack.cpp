#include "deploy/pack/pack.hpp"

#include <algorithm>

#include "deploy/pack/depthwise.hpp"
#include "deploy/pack/elementwise.hpp"
#include "deploy/pack/gemm.hpp"
#include "deploy/pack/operator_view.hpp"
#include "deploy/pack/winograd.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

/// What the runtime's integers hold.
std::string size_problem(const WindowGeometry& g) {
  if (std::max({g.in_h, g.in_w, g.in_c, g.out_h, g.out_w, g.out_c}) > 65535) return "a dimension above 65535";
  if (g.kernel_h > THIMBLE_MAX_KERNEL_H)
    return "a window of more than " + std::to_string(THIMBLE_MAX_KERNEL_H) + " rows";
  if (std::max({g.kernel_w, g.stride_h, g.stride_w, g.pad_top, g.pad_left}) > 255)
    return "a window or stride above 255";
  return "";
}

void set_quantization(const Graph& graph, const Operator& op, thimble_layer& layer) {
  const Tensor& output = output_of(graph, op);
  layer.relu = op.activation != Activation::kNone;
  layer.input_zero = static_cast<std::int8_t>(zero_point_of(input_of(graph, op)));
  layer.activation_min = -128;
  layer.activation_max = 127;
  if (output.quantization.empty()) {
    layer.output_zero = layer.relu ? -128 : 0;
    return;
  }
  layer.output_zero = static_cast<std::int8_t>(zero_point_of(output));
  const ActivationRange range = activation_range(op.activation, output.quantization.scales.at(0), layer.output_zero);
  layer.activation_min = static_cast<std::int8_t>(range.min);
  layer.activation_max = static_cast<std::int8_t>(range.max);
}

/// Of a convolution or fully connected operator: whether its weights are known.
bool has_values(const Graph& graph, const Operator& op) {
  if (op.type != OpType::kConv2D && op.type != OpType::kFullyConnected) return false;
  const Tensor& weights = graph.tensor(op.inputs.at(1));
  return std::holds_alternative<std::vector<std::int8_t>>(weights.data) && !output_of(graph, op).quantization.empty();
}

}  // namespace

Result<thimble_kernel_id, std::string> kernel_for(const Graph& graph, const Operator& op) {
  const auto kernel = [&]() -> Result<thimble_kernel_id, std::string> {
    switch (op.type) {
      case OpType::kConv2D:
        return is_pointwise(graph, op) ? THIMBLE_POINTWISE : THIMBLE_CONV2D;
      case OpType::kDepthwiseConv2D:
        return THIMBLE_DEPTHWISE;
      case OpType::kFullyConnected:
        return THIMBLE_FULLY_CONNECTED;
      case OpType::kAdd:
        if (graph.tensor(op.inputs.at(0)).shape != graph.tensor(op.inputs.at(1)).shape) {
          return std::string("add of two shapes has no int8 kernel");
        }
        return THIMBLE_ADD;
      case OpType::kAveragePool2D:
        return THIMBLE_AVERAGE_POOL;
      case OpType::kMaxPool2D:
        return THIMBLE_MAX_POOL;
      default:
        return std::string(to_text(op.type)) + " has no int8 kernel";
    }
  }();
  if (!kernel) return kernel;
  const std::string problem = size_problem(geometry_of(graph, op));
  if (!problem.empty()) return problem;
  return kernel;
}

std::vector<thimble_kernel_id> kernels_for(const Graph& graph, const Operator& op) {
  const auto first = kernel_for(graph, op);
  if (!first) return {};
  std::vector<thimble_kernel_id> kernels = {*first};
  if (winograd_takes(graph, op)) kernels.push_back(THIMBLE_WINOGRAD);
  return kernels;
}

thimble_layer layer_shape(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  const WindowGeometry g = geometry_of(graph, op);
  thimble_layer layer{};
  layer.kernel = thimble_kernel_by_id(kernel)->kernel;
  layer.in_h = static_cast<std::uint16_t>(g.in_h);
  layer.in_w = static_cast<std::uint16_t>(g.in_w);
  layer.in_c = static_cast<std::uint16_t>(g.in_c);
  layer.out_h = static_cast<std::uint16_t>(g.out_h);
  layer.out_w = static_cast<std::uint16_t>(g.out_w);
  layer.out_c = static_cast<std::uint16_t>(g.out_c);
  layer.kernel_h = static_cast<std::uint8_t>(g.kernel_h);
  layer.kernel_w = static_cast<std::uint8_t>(g.kernel_w);
  layer.stride_h = static_cast<std::uint8_t>(g.stride_h);
  layer.stride_w = static_cast<std::uint8_t>(g.stride_w);
  layer.pad_top = static_cast<std::uint8_t>(g.pad_top);
  layer.pad_left = static_cast<std::uint8_t>(g.pad_left);
  layer.operands = op.type == OpType::kAdd ? 2 : 1;
  layer.more_rows = kernel == THIMBLE_WINOGRAD ? 1 : 0;
  set_quantization(graph, op, layer);
  layer.wide = kernel != THIMBLE_WINOGRAD && has_values(graph, op) && gemm_is_wide(graph, op);
  return layer;
}

std::int64_t packed_bytes(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  if (kernel == THIMBLE_WINOGRAD) return winograd_bytes(graph, op);
  switch (op.type) {
    case OpType::kDepthwiseConv2D:
      return depthwise_bytes(graph, op);
    case OpType::kConv2D:
    case OpType::kFullyConnected:
      return gemm_bytes(graph, op);
    case OpType::kAdd:
      return elementwise_bytes(graph, op);
    default:
      return 0;
  }
}

PackResult pack(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  if (kernel == THIMBLE_WINOGRAD) return pack_winograd(graph, op);
  switch (op.type) {
    case OpType::kDepthwiseConv2D:
      return pack_depthwise(graph, op);
    case OpType::kConv2D:
    case OpType::kFullyConnected:
      return pack_gemm(graph, op);
    case OpType::kAdd:
      return pack_elementwise(graph, op);
    default:
      return Words{};
  }
}

thimble_layer layer_shape(const Graph& graph, const Operator& op) {
  return layer_shape(graph, op, *kernel_for(graph, op));
}
std::int64_t packed_bytes(const Graph& graph, const Operator& op) {
  return packed_bytes(graph, op, *kernel_for(graph, op));
}
PackResult pack(const Graph& graph, const Operator& op) { return pack(graph, op, *kernel_for(graph, op)); }

}  // namespace thimble
