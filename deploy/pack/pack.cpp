#include "deploy/pack/pack.hpp"

#include <algorithm>
#include <optional>

#include "deploy/pack/add.hpp"
#include "deploy/pack/depthwise.hpp"
#include "deploy/pack/elementwise.hpp"
#include "deploy/pack/gemm.hpp"
#include "deploy/pack/mean.hpp"
#include "deploy/pack/movement.hpp"
#include "deploy/pack/mul.hpp"
#include "deploy/pack/mve.hpp"
#include "deploy/pack/operator_view.hpp"
#include "deploy/pack/tables.hpp"
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

bool is_lookup(const Graph& graph, const Operator& op) {
  if (op.type == OpType::kQuantize) return true;
  if (op.type != OpType::kAdd && op.type != OpType::kMul) return false;
  const auto operands = operands_of(graph, op);
  return operands && operands->is_lookup;
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
  if (is_lookup(graph, op)) return;  // the table holds the clamp
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

/// What an add or mul has beyond its shape.
void set_operands(const Graph& graph, const Operator& op, thimble_layer& layer) {
  const auto operands = operands_of(graph, op);
  THIMBLE_CHECK(operands.has_value(), op.name + " has no kernel");
  if (operands->is_lookup) return;
  layer.broadcast = operands->broadcast;
  layer.operands = operands->constant ? 1 : 2;
  const int first = op.inputs.at(static_cast<std::size_t>(operands->first));
  layer.input_zero = static_cast<std::int8_t>(zero_point_of(graph.tensor(first)));
  if (op.type == OpType::kAdd) layer.wide = !add_is_short(graph, op);
  if (op.type == OpType::kMul) {
    layer.relu = mul_is_relu(graph, op);
    layer.wide = layer.broadcast == THIMBLE_PIXEL && !mul_is_short(graph, op);
  }
}

Result<thimble_kernel_id, std::string> elementwise_kernel(const Graph& graph, const Operator& op,
                                                          thimble_kernel_id kernel) {
  const auto operands = operands_of(graph, op);
  if (!operands) return operands.error();
  return operands->is_lookup ? THIMBLE_LOOKUP : kernel;
}

Result<thimble_kernel_id, std::string> image_kernel(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  const Shape& shape = input_of(graph, op).shape;
  if (shape.size() != 4 || shape[0] != 1) return std::string("takes one picture, [1,H,W,C]");
  return kernel;
}

Result<thimble_kernel_id, std::string> concat_kernel(const Graph& graph, const Operator& op) {
  for (int input : op.inputs)
    if (graph.tensor(input).constant) return std::string("joins a constant");
  return THIMBLE_CONCAT;
}

/// The kernel of less code that computes what `kernel` does.
std::optional<thimble_kernel_id> small_kernel(thimble_kernel_id kernel) {
  switch (kernel) {
    case THIMBLE_CONV2D:
    case THIMBLE_POINTWISE:
    case THIMBLE_FULLY_CONNECTED:
      return THIMBLE_SMALL_CONV2D;
    case THIMBLE_DEPTHWISE_3X3:
    case THIMBLE_DEPTHWISE_5X5:
    case THIMBLE_DEPTHWISE_7X7:
    case THIMBLE_DEPTHWISE_NARROW:
    case THIMBLE_DEPTHWISE_NINE:
      return THIMBLE_SMALL_DEPTHWISE;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<thimble_kernel_id, std::string> kernel_for(const Graph& graph, const Operator& op) {
  const auto kernel = [&]() -> Result<thimble_kernel_id, std::string> {
    switch (op.type) {
      case OpType::kConv2D:
        return is_pointwise(graph, op) ? THIMBLE_POINTWISE : THIMBLE_CONV2D;
      case OpType::kDepthwiseConv2D:
        return depthwise_kernel(graph, op);
      case OpType::kFullyConnected:
        return THIMBLE_FULLY_CONNECTED;
      case OpType::kAdd:
        return elementwise_kernel(graph, op, THIMBLE_ADD);
      case OpType::kMul:
        return elementwise_kernel(graph, op, THIMBLE_MUL);
      case OpType::kAveragePool2D:
        return THIMBLE_AVERAGE_POOL;
      case OpType::kMaxPool2D:
        return THIMBLE_MAX_POOL;
      case OpType::kMean:
        if (const auto g = mean_geometry(graph, op); !g) return g.error();
        return THIMBLE_MEAN;
      case OpType::kSoftmax:
        return THIMBLE_SOFTMAX;
      case OpType::kPad:
        return image_kernel(graph, op, THIMBLE_PAD);
      case OpType::kResizeNearest:
        return image_kernel(graph, op, THIMBLE_RESIZE_NEAREST);
      case OpType::kTranspose:
        if (const auto t = transposition_of(graph, op); !t) return t.error();
        return THIMBLE_TRANSPOSE;
      case OpType::kConcat:
        return concat_kernel(graph, op);
      case OpType::kQuantize:
        if (input_of(graph, op).type == DataType::kFloat32)
          return std::string("quantize from float has no int8 kernel");
        return THIMBLE_LOOKUP;
      default:
        return std::string(to_text(op.type)) + " has no int8 kernel";
    }
  }();
  if (!kernel) return kernel;
  for (int part = 0; part < layer_count(op); ++part) {
    const std::string problem = size_problem(geometry_of(graph, op, part));
    if (!problem.empty()) return problem;
  }
  return kernel;
}

std::vector<thimble_kernel_id> kernels_for(const Graph& graph, const Operator& op, Isa isa, bool small) {
  const auto first = kernel_for(graph, op);
  if (!first) return {};
  if (isa == Isa::kMve && mve_kernel(*first) != *first) return {mve_kernel(*first)};
  std::vector<thimble_kernel_id> kernels = {*first};
  if (winograd_takes(graph, op) && winograd_holds(graph, op)) kernels.push_back(THIMBLE_WINOGRAD);
  if (small && small_kernel(*first)) kernels.push_back(*small_kernel(*first));
  return kernels;
}

int layer_count(const Operator& op) { return op.type == OpType::kConcat ? static_cast<int>(op.inputs.size()) : 1; }

thimble_layer layer_shape(const Graph& graph, const Operator& op, thimble_kernel_id kernel, int part) {
  const WindowGeometry g = geometry_of(graph, op, part);
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
  layer.operands = 1;
  layer.more_rows = kernel == THIMBLE_WINOGRAD ? 1 : 0;
  set_quantization(graph, op, layer);
  if (kernel != THIMBLE_WINOGRAD && has_values(graph, op)) layer.wide = static_cast<std::uint8_t>(gemm_form(graph, op));
  if (is_depthwise_kernel(kernel)) layer.wide = static_cast<std::uint8_t>(depthwise_form(graph, op));
  if (op.type == OpType::kAdd || op.type == OpType::kMul) set_operands(graph, op, layer);
  if (op.type == OpType::kConcat) layer.input2 = static_cast<std::uint32_t>(concat_offset(graph, op, part));
  if (op.type == OpType::kTranspose) {
    const auto t = transposition_of(graph, op);
    layer.stride_h = static_cast<std::uint8_t>(t->axes[0]);
    layer.stride_w = static_cast<std::uint8_t>(t->axes[1]);
    layer.pad_top = static_cast<std::uint8_t>(t->axes[2]);
  }
  if (is_mve(kernel)) layer.wide = mve_is_wide(graph, op);
  return layer;
}

std::int64_t packed_bytes(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  if (kernel == THIMBLE_WINOGRAD) return winograd_bytes(graph, op);
  if (is_mve(kernel)) return mve_bytes(graph, op);
  switch (op.type) {
    case OpType::kDepthwiseConv2D:
      return depthwise_bytes(graph, op);
    case OpType::kConv2D:
    case OpType::kFullyConnected:
      return gemm_bytes(graph, op);
    case OpType::kAdd:
      return is_lookup(graph, op) ? lookup_bytes() : add_bytes(graph, op);
    case OpType::kMul:
      return is_lookup(graph, op) ? lookup_bytes() : mul_bytes(graph, op);
    case OpType::kQuantize:
      return lookup_bytes();
    case OpType::kMean:
      return mean_bytes();
    case OpType::kSoftmax:
      return softmax_bytes();
    default:
      return 0;
  }
}

PackResult pack(const Graph& graph, const Operator& op, thimble_kernel_id kernel) {
  if (kernel == THIMBLE_WINOGRAD) return pack_winograd(graph, op);
  if (is_mve(kernel)) return pack_mve(graph, op);
  switch (op.type) {
    case OpType::kDepthwiseConv2D:
      return pack_depthwise(graph, op);
    case OpType::kConv2D:
    case OpType::kFullyConnected:
      return pack_gemm(graph, op, kernel != THIMBLE_SMALL_CONV2D);
    case OpType::kAdd:
      return is_lookup(graph, op) ? pack_lookup(graph, op) : pack_add(graph, op);
    case OpType::kMul:
      return is_lookup(graph, op) ? pack_lookup(graph, op) : pack_mul(graph, op);
    case OpType::kQuantize:
      return pack_lookup(graph, op);
    case OpType::kMean:
      return pack_mean(graph, op);
    case OpType::kSoftmax:
      return pack_softmax(graph, op);
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
