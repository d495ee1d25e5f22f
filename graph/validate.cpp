#include <algorithm>
#include <optional>
#include <set>

#include "graph/graph.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;
constexpr int kMaxDimensions = 6;
constexpr int kMaxWindow = (1 << 16) - 1;

std::string to_text(const Shape& shape) {
  std::string text;
  for (int dimension : shape) text.append(text.empty() ? "[" : ",").append(std::to_string(dimension));
  return text.empty() ? "[]" : text.append("]");
}

std::size_t input_count(OpType type) {
  switch (type) {
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
    case OpType::kFullyConnected:
      return 3;
    case OpType::kAdd:
    case OpType::kMul:
      return 2;
    default:
      return 1;
  }
}

std::int64_t data_size(const TensorData& data) {
  if (const auto* floats = std::get_if<std::vector<float>>(&data)) return static_cast<std::int64_t>(floats->size());
  if (const auto* bytes = std::get_if<std::vector<std::int8_t>>(&data)) return static_cast<std::int64_t>(bytes->size());
  if (const auto* words = std::get_if<std::vector<std::int32_t>>(&data)) {
    return static_cast<std::int64_t>(words->size());
  }
  return 0;
}

bool data_has_type(const TensorData& data, DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return std::holds_alternative<std::vector<float>>(data);
    case DataType::kInt8:
      return std::holds_alternative<std::vector<std::int8_t>>(data);
    case DataType::kInt32:
      return std::holds_alternative<std::vector<std::int32_t>>(data);
  }
  return false;
}

/// Output size of a window that moves over `in` padded pixels; 0 or less where it does not fit.
int window_positions(int in, int pad, int kernel, int stride) {
  return in + pad < kernel ? 0 : (in + pad - kernel) / stride + 1;
}

/// NumPy's broadcast of two shapes, if there is one.
std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const int x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result[result.size() - 1 - i] = std::max(x, y);
  }
  return result;
}

/// Collects what is wrong with one graph.
class Validator {
 public:
  explicit Validator(const Graph& graph) : graph_(graph) {}

  std::vector<std::string> run() {
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) check_tensor(i);
    if (problems_.empty()) check_order();
    return std::move(problems_);
  }

 private:
  void problem(const std::string& place, const std::string& rule) { problems_.push_back(place + ": " + rule); }
  bool is_tensor(int index) const { return index >= 0 && index < static_cast<int>(graph_.tensors.size()); }

  void check_tensor(std::size_t index) {
    const Tensor& tensor = graph_.tensors[index];
    const std::string place = "tensor " + std::to_string(index) + " (" + tensor.name + ")";
    if (tensor.shape.size() > kMaxDimensions) return problem(place, "has more than 6 dimensions");
    for (int dimension : tensor.shape) {
      if (dimension < 1) return problem(place, "shape " + to_text(tensor.shape) + " has a dimension below 1");
    }
    if (tensor.elements() > kMaxElements) {
      return problem(place, "shape " + to_text(tensor.shape) + " has more than 2^28 elements");
    }
    check_data(tensor, place);
    check_quantization(tensor, place);
  }

  void check_data(const Tensor& tensor, const std::string& place) {
    if (std::holds_alternative<std::monostate>(tensor.data)) return;
    if (!tensor.constant) return problem(place, "has data but is not constant");
    if (!data_has_type(tensor.data, tensor.type)) return problem(place, "data is not of the tensor's type");
    if (data_size(tensor.data) != tensor.elements()) {
      problem(place, "has " + std::to_string(data_size(tensor.data)) + " values, shape " + to_text(tensor.shape) +
                         " needs " + std::to_string(tensor.elements()));
    }
  }

  void check_quantization(const Tensor& tensor, const std::string& place) {
    const Quantization& q = tensor.quantization;
    if (q.empty()) return;
    if (q.zero_points.size() != q.scales.size()) return problem(place, "must have one zero point per scale");
    const bool scales_good =
        std::all_of(q.scales.begin(), q.scales.end(), [](float scale) { return scale > 0 && scale < 1e30f; });
    if (!scales_good) problem(place, "scales must be positive and finite");
    if (q.scales.size() == 1) return;
    if (q.axis < 0 || q.axis >= static_cast<int>(tensor.shape.size())) {
      return problem(place,
                     "quantisation axis " + std::to_string(q.axis) + " is outside shape " + to_text(tensor.shape));
    }
    if (tensor.shape[static_cast<std::size_t>(q.axis)] != static_cast<int>(q.scales.size())) {
      problem(place, "has " + std::to_string(q.scales.size()) + " scales for axis " + std::to_string(q.axis) +
                         " of shape " + to_text(tensor.shape));
    }
  }

  /// Operators in order: every tensor is written once, before it is read.
  void check_order() {
    std::set<int> known;
    for (int index : graph_.inputs) {
      if (!is_tensor(index)) return problem("graph inputs", "no tensor " + std::to_string(index));
      if (graph_.tensor(index).constant) problem("graph inputs", "tensor " + std::to_string(index) + " is constant");
      known.insert(index);
    }
    if (graph_.inputs.empty()) problem("graph inputs", "there are none");
    if (graph_.outputs.empty()) problem("graph outputs", "there are none");
    for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
      check_operator(i, known);
      known.insert(graph_.operators[i].outputs.begin(), graph_.operators[i].outputs.end());
    }
    for (int index : graph_.outputs) {
      if (!known.count(index)) problem("graph outputs", "tensor " + std::to_string(index) + " is never written");
    }
  }

  void check_operator(std::size_t index, const std::set<int>& known) {
    const Operator& op = graph_.operators[index];
    const std::string place =
        "operator " + std::to_string(index) + " (" + thimble::to_text(op.type) + " " + op.name + ")";
    const std::size_t before = problems_.size();
    const bool counts = op.type == OpType::kConcat ? !op.inputs.empty() : op.inputs.size() == input_count(op.type);
    if (!counts) {
      return problem(
          place, "has " + std::to_string(op.inputs.size()) + " inputs, needs " + std::to_string(input_count(op.type)));
    }
    if (op.outputs.size() != 1) return problem(place, "must have one output");
    for (int input : op.inputs) check_input(place, input, known);
    const bool may_be_constant = op.type == OpType::kAdd || op.type == OpType::kMul || op.type == OpType::kConcat;
    if (!may_be_constant && is_tensor(op.inputs[0]) && graph_.tensor(op.inputs[0]).constant) {
      problem(place, "input must not be constant");
    }
    const int output = op.outputs[0];
    if (!is_tensor(output)) return problem(place, "no tensor " + std::to_string(output));
    if (graph_.tensor(output).constant) problem(place, "writes constant tensor " + std::to_string(output));
    if (known.count(output)) problem(place, "tensor " + std::to_string(output) + " is written twice");
    if (problems_.size() == before) check_shapes(place, op);
  }

  void check_input(const std::string& place, int input, const std::set<int>& known) {
    if (!is_tensor(input)) return problem(place, "no tensor " + std::to_string(input));
    if (!graph_.tensor(input).constant && !known.count(input)) {
      problem(place, "reads tensor " + std::to_string(input) + " before it is written");
    }
  }

  void check_shapes(const std::string& place, const Operator& op) {
    const Shape& x = graph_.tensor(op.inputs[0]).shape;
    const Shape& y = graph_.tensor(op.outputs[0]).shape;
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kDepthwiseConv2D:
        return check_convolution(place, op, x, y);
      case OpType::kFullyConnected:
        return check_fully_connected(place, op, x, y);
      case OpType::kAveragePool2D:
      case OpType::kMaxPool2D:
        return check_window(place, op, x, y, x.size() == 4 ? x[3] : 0);
      case OpType::kAdd:
      case OpType::kMul: {
        const auto expected = broadcast(x, graph_.tensor(op.inputs[1]).shape);
        if (!expected) return problem(place, "input shapes do not broadcast");
        return check_equal(place, y, *expected);
      }
      case OpType::kReshape:
        if (element_count(x) != element_count(y)) problem(place, "changes the number of elements");
        return;
      case OpType::kPad:
        if (x.size() != 4) return problem(place, "input must be NHWC");
        if (!check_padding(place, op.padding)) return;
        return check_equal(
            place, y,
            {x[0], x[1] + op.padding.top + op.padding.bottom, x[2] + op.padding.left + op.padding.right, x[3]});
      case OpType::kMean:
        return check_mean(place, op, x, y);
      case OpType::kTranspose:
        return check_transpose(place, op, x, y);
      case OpType::kResizeNearest:
        if (x.size() != 4 || y.size() != 4) return problem(place, "input and output must be NHWC");
        return check_equal(place, y, {x[0], y[1], y[2], x[3]});
      case OpType::kSoftmax:
        if (x.empty()) return problem(place, "input must have a dimension");
        return check_equal(place, y, x);
      case OpType::kQuantize:
      case OpType::kDequantize:
        return check_equal(place, y, x);
      case OpType::kConcat:
        return check_concat(place, op, x, y);
    }
  }

  void check_equal(const std::string& place, const Shape& shape, const Shape& expected) {
    if (shape != expected) problem(place, "output shape is " + to_text(shape) + ", must be " + to_text(expected));
  }

  void check_convolution(const std::string& place, const Operator& op, const Shape& x, const Shape& y) {
    const bool depthwise = op.type == OpType::kDepthwiseConv2D;
    const Shape& weights = graph_.tensor(op.inputs[1]).shape;
    if (x.size() != 4 || weights.size() != 4) return problem(place, "input and weights must have 4 dimensions");
    if (depthwise && weights[0] != 1) return problem(place, "weights must be [1,K_h,K_w,C]");
    if (weights[3] != x[3]) {
      return problem(place, "weights " + to_text(weights) + " do not fit input " + to_text(x));
    }
    if (op.kernel_h != weights[1] || op.kernel_w != weights[2]) {
      return problem(place, "kernel size differs from weights " + to_text(weights));
    }
    const int channels = depthwise ? weights[3] : weights[0];
    check_bias(place, op, channels);
    check_window(place, op, x, y, channels);
  }

  void check_bias(const std::string& place, const Operator& op, int channels) {
    const Shape& bias = graph_.tensor(op.inputs[2]).shape;
    if (bias != Shape{channels}) {
      problem(place, "bias shape is " + to_text(bias) + ", must be " + to_text({channels}));
    }
  }

  void check_window(const std::string& place, const Operator& op, const Shape& x, const Shape& y, int channels) {
    if (x.size() != 4 || x[0] != 1) return problem(place, "input must be [1,H,W,C]");
    if (op.stride_h < 1 || op.stride_w < 1) return problem(place, "strides must be at least 1");
    if (op.kernel_h < 1 || op.kernel_w < 1) return problem(place, "kernel size must be at least 1");
    for (int size : {op.stride_h, op.stride_w, op.kernel_h, op.kernel_w}) {
      if (size > kMaxWindow) return problem(place, "strides and kernel size must be at most 65535");
    }
    const Padding& p = op.padding;
    if (!check_padding(place, p)) return;
    // A window that lies in the padding alone would have no pixel to pool.
    if (p.top >= op.kernel_h || p.left >= op.kernel_w) return problem(place, "padding must be below the kernel size");
    if (p.bottom >= op.kernel_h || p.right >= op.kernel_w) {
      return problem(place, "padding must be below the kernel size");
    }
    check_equal(place, y,
                {1, window_positions(x[1], p.top + p.bottom, op.kernel_h, op.stride_h),
                 window_positions(x[2], p.left + p.right, op.kernel_w, op.stride_w), channels});
  }

  bool check_padding(const std::string& place, const Padding& p) {
    for (int side : {p.top, p.bottom, p.left, p.right}) {
      if (side >= 0 && side < 1 << 16) continue;
      problem(place, "padding must be in [0, 65535]");
      return false;
    }
    return true;
  }

  void check_fully_connected(const std::string& place, const Operator& op, const Shape& x, const Shape& y) {
    const Shape& weights = graph_.tensor(op.inputs[1]).shape;
    if (weights.size() != 2) return problem(place, "weights must have 2 dimensions");
    if (element_count(x) != weights[1]) {
      return problem(place, "weights " + to_text(weights) + " do not fit input " + to_text(x));
    }
    check_bias(place, op, weights[0]);
    check_equal(place, y, {1, weights[0]});
  }

  void check_mean(const std::string& place, const Operator& op, const Shape& x, const Shape& y) {
    std::int64_t kept = element_count(x);
    int previous = -1;
    for (int axis : op.axes) {
      if (axis <= previous || axis >= static_cast<int>(x.size())) {
        return problem(place, "axes must ascend within the input's dimensions");
      }
      kept /= x[static_cast<std::size_t>(axis)];
      previous = axis;
    }
    if (element_count(y) != kept) {
      problem(place, "output shape " + to_text(y) + " must have " + std::to_string(kept) + " elements");
    }
  }

  void check_concat(const std::string& place, const Operator& op, const Shape& x, const Shape& y) {
    if (op.axes.size() != 1 || op.axes[0] < 0 || op.axes[0] >= static_cast<int>(x.size())) {
      return problem(place, "needs one axis within the inputs' dimensions");
    }
    const auto axis = static_cast<std::size_t>(op.axes[0]);
    std::int64_t joined = 0;
    for (int index : op.inputs) {
      Shape input = graph_.tensor(index).shape;
      if (input.size() != x.size()) return problem(place, "inputs differ in their number of dimensions");
      joined += input[axis];
      input[axis] = x[axis];
      if (input != x) return problem(place, "inputs differ in other dimensions than " + std::to_string(axis));
    }
    if (joined > kMaxElements) return problem(place, "joins more than 2^28 elements");
    Shape expected = x;
    expected[axis] = static_cast<int>(joined);
    check_equal(place, y, expected);
  }

  void check_transpose(const std::string& place, const Operator& op, const Shape& x, const Shape& y) {
    std::vector<int> sorted = op.axes;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted.size() != x.size() || sorted[i] != static_cast<int>(i)) {
        return problem(place, "axes must be a permutation of the input's dimensions");
      }
    }
    Shape expected;
    for (int axis : op.axes) expected.push_back(x[static_cast<std::size_t>(axis)]);
    check_equal(place, y, expected);
  }

  const Graph& graph_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> validate(const Graph& graph) { return Validator(graph).run(); }

}  // namespace thimble
