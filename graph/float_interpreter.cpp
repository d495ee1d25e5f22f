#include "graph/float_interpreter.hpp"

#include <algorithm>
#include <utility>

#include "graph/base/check.hpp"
#include "graph/float_kernels.hpp"
#include "graph/index_maps.hpp"

namespace thimble {
namespace {

using Step = std::function<void(FloatWorkspace&)>;

std::span<const float> constant(const Graph& graph, int index) {
  const auto* data = std::get_if<std::vector<float>>(&graph.tensor(index).data);
  THIMBLE_CHECK(data, "tensor " + graph.tensor(index).name + " has no float values");
  return *data;
}

std::vector<float> copy_of(std::span<const float> values) { return {values.begin(), values.end()}; }

/// Input and output tensors of an operator, as places in a workspace.
struct Places {
  std::size_t x, y;
  explicit Places(const Operator& op)
      : x(static_cast<std::size_t>(op.inputs[0])), y(static_cast<std::size_t>(op.outputs[0])) {}
};

Step convolution(const Graph& graph, const Operator& op) {
  return [at = Places(op), g = window_geometry(graph, op), range = float_range(op.activation),
          weights = pack_weights(constant(graph, op.inputs[1]), constant(graph, op.inputs[2]))](FloatWorkspace& ws) {
    conv2d(g, weights, range, ws.values[at.x].data(), ws.columns.data(), ws.values[at.y].data());
  };
}

Step depthwise(const Graph& graph, const Operator& op) {
  return [at = Places(op), g = window_geometry(graph, op), range = float_range(op.activation),
          weights = copy_of(constant(graph, op.inputs[1])),
          bias = copy_of(constant(graph, op.inputs[2]))](FloatWorkspace& ws) {
    depthwise_conv2d(g, weights, bias, range, ws.values[at.x].data(), ws.values[at.y].data());
  };
}

Step fully_connected(const Graph& graph, const Operator& op) {
  return [at = Places(op), range = float_range(op.activation),
          weights = pack_weights(constant(graph, op.inputs[1]), constant(graph, op.inputs[2]))](FloatWorkspace& ws) {
    multiply_rows(ws.values[at.x].data(), 1, weights, range, ws.values[at.y].data());
  };
}

template <class Pool>
Step pool(const Graph& graph, const Operator& op, Pool pool_function) {
  return [at = Places(op), g = window_geometry(graph, op), range = float_range(op.activation), pool_function](
             FloatWorkspace& ws) { pool_function(g, range, ws.values[at.x].data(), ws.values[at.y].data()); };
}

/// y = combine(a, b) over two inputs that are broadcast to the output.
template <class Combine>
Step elementwise(const Graph& graph, const Operator& op, Combine combine) {
  const Shape& out = graph.tensor(op.outputs[0]).shape;
  if (graph.tensor(op.inputs[0]).shape == out && graph.tensor(op.inputs[1]).shape == out) {
    return [at = Places(op), second = static_cast<std::size_t>(op.inputs[1]), range = float_range(op.activation),
            combine](FloatWorkspace& ws) {
      const float *a = ws.values[at.x].data(), *b = ws.values[second].data();
      std::vector<float>& y = ws.values[at.y];
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = std::clamp(combine(a[i], b[i]), range.min, range.max);
    };
  }
  return [at = Places(op), second = static_cast<std::size_t>(op.inputs[1]), range = float_range(op.activation),
          a_map = broadcast_map(graph.tensor(op.inputs[0]).shape, out),
          b_map = broadcast_map(graph.tensor(op.inputs[1]).shape, out), combine](FloatWorkspace& ws) {
    const std::vector<float>&a = ws.values[at.x], &b = ws.values[second];
    std::vector<float>& y = ws.values[at.y];
    for (std::size_t i = 0; i < y.size(); ++i) {
      const float value = combine(a[static_cast<std::size_t>(a_map[i])], b[static_cast<std::size_t>(b_map[i])]);
      y[i] = std::clamp(value, range.min, range.max);
    }
  };
}

/// y[i] = x[map[i]], zero where the map is negative.
Step gather(const Operator& op, std::vector<int> map) {
  return [at = Places(op), map = std::move(map)](FloatWorkspace& ws) {
    const float* x = ws.values[at.x].data();
    float* y = ws.values[at.y].data();
    for (std::size_t i = 0; i < map.size(); ++i) y[i] = map[i] < 0 ? 0 : x[map[i]];
  };
}

Step concat(const Graph& graph, const Operator& op) {
  return [at = Places(op), parts = concat_parts(graph, op)](FloatWorkspace& ws) {
    float* y = ws.values[at.y].data();
    for (const auto& [input, map] : parts) {
      for (std::size_t i = 0; i < map.size(); ++i) y[map[i]] = ws.values[input][i];
    }
  };
}

Step mean(const Graph& graph, const Operator& op) {
  return [at = Places(op), map = reduce_map(graph.tensor(op.inputs[0]).shape, op.axes)](FloatWorkspace& ws) {
    const std::vector<float>& x = ws.values[at.x];
    std::vector<float>& y = ws.values[at.y];
    std::fill(y.begin(), y.end(), 0.0f);
    for (std::size_t i = 0; i < x.size(); ++i) y[static_cast<std::size_t>(map[i])] += x[i];
    const float count = static_cast<float>(x.size()) / static_cast<float>(y.size());
    for (float& value : y) value /= count;
  };
}

Step softmax(const Graph& graph, const Operator& op) {
  return [at = Places(op), count = graph.tensor(op.inputs[0]).shape.back()](FloatWorkspace& ws) {
    const std::vector<float>& x = ws.values[at.x];
    for (std::size_t row = 0; row < x.size(); row += static_cast<std::size_t>(count)) {
      softmax_row(x.data() + row, count, ws.values[at.y].data() + row);
    }
  };
}

Step copy(const Operator& op) {
  return [at = Places(op)](FloatWorkspace& ws) {
    std::copy(ws.values[at.x].begin(), ws.values[at.x].end(), ws.values[at.y].begin());
  };
}

Step make_step(const Graph& graph, const Operator& op) {
  const Shape& in = graph.tensor(op.inputs[0]).shape;
  const Shape& out = graph.tensor(op.outputs[0]).shape;
  switch (op.type) {
    case OpType::kConv2D:
      return convolution(graph, op);
    case OpType::kDepthwiseConv2D:
      return depthwise(graph, op);
    case OpType::kFullyConnected:
      return fully_connected(graph, op);
    case OpType::kAdd:
      return elementwise(graph, op, [](float a, float b) { return a + b; });
    case OpType::kMul:
      return elementwise(graph, op, [](float a, float b) { return a * b; });
    case OpType::kAveragePool2D:
      return pool(graph, op, average_pool2d);
    case OpType::kMaxPool2D:
      return pool(graph, op, max_pool2d);
    case OpType::kPad:
      return gather(op, pad_map(in, op.padding));
    case OpType::kTranspose:
      return gather(op, transpose_map(in, op.axes));
    case OpType::kResizeNearest:
      return gather(op, resize_nearest_map(in, out));
    case OpType::kMean:
      return mean(graph, op);
    case OpType::kSoftmax:
      return softmax(graph, op);
    case OpType::kReshape:
      return copy(op);
    case OpType::kConcat:
      return concat(graph, op);
    case OpType::kQuantize:
    case OpType::kDequantize:
      break;
  }
  THIMBLE_CHECK(false, std::string(to_text(op.type)) + " in a float graph");
}

/// Whether an operator reads the tensor at run time, not only when its step is made.
bool is_read_at_run_time(const Operator& op, std::size_t input) {
  const bool has_weights =
      op.type == OpType::kConv2D || op.type == OpType::kDepthwiseConv2D || op.type == OpType::kFullyConnected;
  return !has_weights || input == 0;
}

}  // namespace

FloatInterpreter::FloatInterpreter(const Graph& graph) {
  const std::vector<std::string> problems = validate(graph);
  THIMBLE_CHECK(problems.empty(), problems.front());
  THIMBLE_CHECK(graph.inputs.size() == 1, "one input is supported");
  input_ = graph.inputs[0];
  blank_.values.resize(graph.tensors.size());
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (!graph.tensors[i].constant) blank_.values[i].resize(static_cast<std::size_t>(graph.tensors[i].elements()));
  }
  std::size_t columns = 0;
  for (const Operator& op : graph.operators) {
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      if (!graph.tensor(op.inputs[i]).constant || !is_read_at_run_time(op, i)) continue;
      blank_.values[static_cast<std::size_t>(op.inputs[i])] = copy_of(constant(graph, op.inputs[i]));
    }
    steps_.push_back(make_step(graph, op));
    if (op.type != OpType::kConv2D) continue;
    const WindowGeometry g = window_geometry(graph, op);
    columns = std::max(columns, static_cast<std::size_t>(g.out_w) * static_cast<std::size_t>(g.column_size()));
  }
  blank_.columns.resize(columns);
}

void FloatInterpreter::run(std::span<const float> input, FloatWorkspace& workspace) const {
  std::vector<float>& place = workspace.values.at(static_cast<std::size_t>(input_));
  THIMBLE_CHECK(input.size() == place.size(), "input of " + std::to_string(input.size()) + " values");
  std::copy(input.begin(), input.end(), place.begin());
  for (const Step& step : steps_) step(workspace);
}

}  // namespace thimble
