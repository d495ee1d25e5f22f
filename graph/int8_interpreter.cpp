#include "graph/int8_interpreter.hpp"

#include <algorithm>
#include <utility>

#include "graph/base/check.hpp"
#include "graph/index_maps.hpp"
#include "graph/int8_kernels.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

using Step = std::function<void(Int8Workspace&)>;

std::span<const std::int8_t> int8_constant(const Graph& graph, int index) {
  return std::get<std::vector<std::int8_t>>(graph.tensor(index).data);
}

float scale_of(const Graph& graph, int index) { return graph.tensor(index).quantization.scales.at(0); }
std::int32_t zero_point_of(const Graph& graph, int index) { return graph.tensor(index).quantization.zero_points.at(0); }

/// Input and output tensors of an operator, as places in a workspace.
struct Places {
  std::size_t x, y;
  explicit Places(const Operator& op)
      : x(static_cast<std::size_t>(op.inputs[0])), y(static_cast<std::size_t>(op.outputs[0])) {}
};

ActivationRange output_range(const Graph& graph, const Operator& op) {
  return activation_range(op.activation, scale_of(graph, op.outputs[0]), zero_point_of(graph, op.outputs[0]));
}

Requantization requantization(const Graph& graph, const Operator& op) {
  return {.multipliers = channel_multipliers(graph, op),
          .bias = std::get<std::vector<std::int32_t>>(graph.tensor(op.inputs[2]).data),
          .output_zero_point = zero_point_of(graph, op.outputs[0]),
          .range = output_range(graph, op)};
}

/// The same for operators with one factor and no bias.
Requantization tensor_requantization(const Graph& graph, const Operator& op) {
  return {.multipliers = {tensor_multiplier(graph, op)},
          .bias = {0},
          .output_zero_point = zero_point_of(graph, op.outputs[0]),
          .range = output_range(graph, op)};
}

Step convolution(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const WindowGeometry g = window_geometry(graph, op);
  Int8Weights weights = widen_weights(int8_constant(graph, op.inputs[1]), g.out_c);
  blank.columns.resize(std::max(blank.columns.size(), static_cast<std::size_t>(g.out_w) * weights.row));
  return [at = Places(op), g, weights = std::move(weights), zero = zero_point_of(graph, op.inputs[0]),
          requantize = requantization(graph, op)](Int8Workspace& ws) {
    conv2d(g, weights, zero, requantize, ws.values[at.x].data(), ws.columns.data(), ws.values[at.y].data());
  };
}

Step depthwise(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const WindowGeometry g = window_geometry(graph, op);
  const std::span<const std::int8_t> weights = int8_constant(graph, op.inputs[1]);
  blank.sums.resize(std::max(blank.sums.size(), static_cast<std::size_t>(g.out_c)));
  return [at = Places(op), g, wide = std::vector<std::int16_t>(weights.begin(), weights.end()),
          zero = zero_point_of(graph, op.inputs[0]), requantize = requantization(graph, op)](Int8Workspace& ws) {
    depthwise_conv2d(g, wide, zero, requantize, ws.values[at.x].data(), ws.sums.data(), ws.values[at.y].data());
  };
}

Step fully_connected(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const int outputs = graph.tensor(op.inputs[1]).shape[0];
  Int8Weights weights = widen_weights(int8_constant(graph, op.inputs[1]), outputs);
  blank.columns.resize(std::max(blank.columns.size(), static_cast<std::size_t>(weights.row)));
  return [at = Places(op), weights = std::move(weights), zero = zero_point_of(graph, op.inputs[0]),
          requantize = requantization(graph, op)](Int8Workspace& ws) {
    widen_row(ws.values[at.x].data(), weights.depth, zero, ws.columns.data());
    multiply_rows(ws.columns.data(), 1, weights, requantize, ws.values[at.y].data());
  };
}

Step average_pool(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const WindowGeometry g = window_geometry(graph, op);
  blank.sums.resize(std::max(blank.sums.size(), static_cast<std::size_t>(g.out_c)));
  return [at = Places(op), g, range = output_range(graph, op)](Int8Workspace& ws) {
    average_pool2d(g, range, ws.values[at.x].data(), ws.sums.data(), ws.values[at.y].data());
  };
}

Step max_pool(const Graph& graph, const Operator& op) {
  return [at = Places(op), g = window_geometry(graph, op), range = output_range(graph, op)](Int8Workspace& ws) {
    max_pool2d(g, range, ws.values[at.x].data(), ws.values[at.y].data());
  };
}

/// y = combine(a, b) over two inputs that are broadcast to the output.
template <class Combine>
Step elementwise(const Graph& graph, const Operator& op, Combine combine) {
  const Shape& out = graph.tensor(op.outputs[0]).shape;
  if (graph.tensor(op.inputs[0]).shape == out && graph.tensor(op.inputs[1]).shape == out) {
    return [at = Places(op), second = static_cast<std::size_t>(op.inputs[1]), combine](Int8Workspace& ws) {
      const std::int8_t *a = ws.values[at.x].data(), *b = ws.values[second].data();
      std::vector<std::int8_t>& y = ws.values[at.y];
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = combine(a[i], b[i]);
    };
  }
  return [at = Places(op), second = static_cast<std::size_t>(op.inputs[1]),
          a_map = broadcast_map(graph.tensor(op.inputs[0]).shape, out),
          b_map = broadcast_map(graph.tensor(op.inputs[1]).shape, out), combine](Int8Workspace& ws) {
    const std::int8_t *a = ws.values[at.x].data(), *b = ws.values[second].data();
    std::vector<std::int8_t>& y = ws.values[at.y];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = combine(a[a_map[i]], b[b_map[i]]);
  };
}

Step add(const Graph& graph, const Operator& op) {
  return elementwise(graph, op,
                     [p = add_parameters(graph, op)](std::int8_t a, std::int8_t b) { return add_elements(a, b, p); });
}

Step mul(const Graph& graph, const Operator& op) {
  const Requantization requantize = tensor_requantization(graph, op);
  const std::int32_t zero_a = zero_point_of(graph, op.inputs[0]), zero_b = zero_point_of(graph, op.inputs[1]);
  return elementwise(graph, op,
                     [=](std::int8_t a, std::int8_t b) { return requantize.apply((a - zero_a) * (b - zero_b), 0); });
}

Step mean(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const std::int64_t outputs = graph.tensor(op.outputs[0]).elements();
  blank.sums.resize(std::max(blank.sums.size(), static_cast<std::size_t>(outputs)));
  return [at = Places(op), map = reduce_map(graph.tensor(op.inputs[0]).shape, op.axes),
          requantize = tensor_requantization(graph, op), zero = zero_point_of(graph, op.inputs[0])](Int8Workspace& ws) {
    const std::vector<std::int8_t>& x = ws.values[at.x];
    std::vector<std::int8_t>& y = ws.values[at.y];
    std::fill_n(ws.sums.begin(), y.size(), 0);
    for (std::size_t i = 0; i < x.size(); ++i) ws.sums[static_cast<std::size_t>(map[i])] += x[i] - zero;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = requantize.apply(ws.sums[i], 0);
  };
}

/// y[i] = x[map[i]], the zero point where the map is negative.
Step gather(const Graph& graph, const Operator& op, std::vector<int> map) {
  return [at = Places(op), map = std::move(map),
          fill = static_cast<std::int8_t>(zero_point_of(graph, op.outputs[0]))](Int8Workspace& ws) {
    const std::int8_t* x = ws.values[at.x].data();
    std::int8_t* y = ws.values[at.y].data();
    for (std::size_t i = 0; i < map.size(); ++i) y[i] = map[i] < 0 ? fill : x[map[i]];
  };
}

Step concat(const Graph& graph, const Operator& op) {
  return [at = Places(op), parts = concat_parts(graph, op)](Int8Workspace& ws) {
    std::int8_t* y = ws.values[at.y].data();
    for (const auto& [input, map] : parts) {
      for (std::size_t i = 0; i < map.size(); ++i) y[map[i]] = ws.values[input][i];
    }
  };
}

Step softmax(const Graph& graph, const Operator& op) {
  return [at = Places(op), count = graph.tensor(op.inputs[0]).shape.back(),
          parameters = softmax_parameters(scale_of(graph, op.inputs[0]))](Int8Workspace& ws) {
    const std::vector<std::int8_t>& x = ws.values[at.x];
    for (std::size_t row = 0; row < x.size(); row += static_cast<std::size_t>(count)) {
      softmax_row(x.data() + row, count, parameters, ws.values[at.y].data() + row);
    }
  };
}

Step copy(const Operator& op) {
  return [at = Places(op)](Int8Workspace& ws) {
    std::copy(ws.values[at.x].begin(), ws.values[at.x].end(), ws.values[at.y].begin());
  };
}

/// int8 to int8 with another scale and zero point.
Step requantize(const Graph& graph, const Operator& op) {
  return [at = Places(op), requantization = tensor_requantization(graph, op),
          zero = zero_point_of(graph, op.inputs[0])](Int8Workspace& ws) {
    const std::vector<std::int8_t>& x = ws.values[at.x];
    for (std::size_t i = 0; i < x.size(); ++i) ws.values[at.y][i] = requantization.apply(x[i] - zero, 0);
  };
}

Step quantize(const Graph& graph, const Operator& op) {
  if (graph.tensor(op.inputs[0]).type == DataType::kInt8) return requantize(graph, op);
  return [at = Places(op), scale = scale_of(graph, op.outputs[0]),
          zero = zero_point_of(graph, op.outputs[0])](Int8Workspace& ws) {
    const std::vector<float>& x = ws.floats[at.x];
    for (std::size_t i = 0; i < x.size(); ++i) ws.values[at.y][i] = quantize_value(x[i], scale, zero);
  };
}

Step dequantize(const Graph& graph, const Operator& op) {
  return [at = Places(op), scale = scale_of(graph, op.inputs[0]),
          zero = zero_point_of(graph, op.inputs[0])](Int8Workspace& ws) {
    const std::vector<std::int8_t>& x = ws.values[at.x];
    for (std::size_t i = 0; i < x.size(); ++i) ws.floats[at.y][i] = scale * static_cast<float>(x[i] - zero);
  };
}

Step make_step(const Graph& graph, const Operator& op, Int8Workspace& blank) {
  const Shape& in = graph.tensor(op.inputs[0]).shape;
  const Shape& out = graph.tensor(op.outputs[0]).shape;
  switch (op.type) {
    case OpType::kConv2D:
      return convolution(graph, op, blank);
    case OpType::kDepthwiseConv2D:
      return depthwise(graph, op, blank);
    case OpType::kFullyConnected:
      return fully_connected(graph, op, blank);
    case OpType::kAdd:
      return add(graph, op);
    case OpType::kMul:
      return mul(graph, op);
    case OpType::kAveragePool2D:
      return average_pool(graph, op, blank);
    case OpType::kMaxPool2D:
      return max_pool(graph, op);
    case OpType::kMean:
      return mean(graph, op, blank);
    case OpType::kPad:
      return gather(graph, op, pad_map(in, op.padding));
    case OpType::kTranspose:
      return gather(graph, op, transpose_map(in, op.axes));
    case OpType::kResizeNearest:
      return gather(graph, op, resize_nearest_map(in, out));
    case OpType::kSoftmax:
      return softmax(graph, op);
    case OpType::kReshape:
      return copy(op);
    case OpType::kConcat:
      return concat(graph, op);
    case OpType::kQuantize:
      return quantize(graph, op);
    case OpType::kDequantize:
      return dequantize(graph, op);
  }
  THIMBLE_CHECK(false, "an OpType without an int8 kernel");
}

/// Room for every activation, and the constants that elementwise operators read.
Int8Workspace blank_workspace(const Graph& graph) {
  Int8Workspace blank;
  blank.values.resize(graph.tensors.size());
  blank.floats.resize(graph.tensors.size());
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const Tensor& tensor = graph.tensors[i];
    if (tensor.constant) continue;
    const auto count = static_cast<std::size_t>(tensor.elements());
    if (tensor.type == DataType::kInt8) blank.values[i].resize(count);
    if (tensor.type == DataType::kFloat32) blank.floats[i].resize(count);
  }
  for (const Operator& op : graph.operators) {
    if (op.type != OpType::kAdd && op.type != OpType::kMul && op.type != OpType::kConcat) continue;
    for (int input : op.inputs) {
      if (!graph.tensor(input).constant) continue;
      const auto constant = int8_constant(graph, input);
      blank.values[static_cast<std::size_t>(input)].assign(constant.begin(), constant.end());
    }
  }
  return blank;
}

}  // namespace

Int8Interpreter::Int8Interpreter(const Graph& graph) {
  std::vector<std::string> problems = validate(graph);
  if (problems.empty()) problems = validate_int8(graph);
  THIMBLE_CHECK(problems.empty(), problems.front());
  THIMBLE_CHECK(graph.inputs.size() == 1, "one input is supported");
  input_ = static_cast<std::size_t>(graph.inputs[0]);
  blank_ = blank_workspace(graph);
  for (const Operator& op : graph.operators) steps_.push_back(make_step(graph, op, blank_));
}

void Int8Interpreter::run(std::span<const std::int8_t> input, Int8Workspace& workspace) const {
  std::vector<std::int8_t>& place = workspace.values.at(input_);
  THIMBLE_CHECK(input.size() == place.size(), "int8 input of " + std::to_string(input.size()) + " values");
  std::copy(input.begin(), input.end(), place.begin());
  run_steps(workspace);
}

void Int8Interpreter::run(std::span<const float> input, Int8Workspace& workspace) const {
  std::vector<float>& place = workspace.floats.at(input_);
  THIMBLE_CHECK(input.size() == place.size(), "float input of " + std::to_string(input.size()) + " values");
  std::copy(input.begin(), input.end(), place.begin());
  run_steps(workspace);
}

void Int8Interpreter::run_steps(Int8Workspace& workspace) const {
  for (const Step& step : steps_) step(workspace);
}

std::span<const std::byte> tensor_bytes(const Int8Workspace& workspace, const Graph& graph, int tensor) {
  const auto index = static_cast<std::size_t>(tensor);
  if (graph.tensor(tensor).type == DataType::kFloat32) return std::as_bytes(std::span(workspace.floats.at(index)));
  return std::as_bytes(std::span(workspace.values.at(index)));
}

}  // namespace thimble
