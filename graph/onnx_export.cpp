#include "graph/onnx_export.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "graph/base/check.hpp"
#include "graph/index_maps.hpp"
#include "graph/onnx_nodes.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

constexpr std::int64_t kIrVersion = 7, kOpset = 13;

using Ints = std::vector<std::int64_t>;
using Attributes = std::vector<OnnxAttribute>;

// Images are NHWC in a graph and NCHW in ONNX: where each dimension comes from.
constexpr std::array<int, 4> kToNchw = {0, 3, 1, 2}, kToNhwc = {0, 2, 3, 1};

bool is_image(const Shape& shape) { return shape.size() == 4; }

Shape permuted(const Shape& shape, std::span<const int> axes) {
  Shape result;
  for (int axis : axes) result.push_back(shape[static_cast<std::size_t>(axis)]);
  return result;
}

/// The shape of a tensor's value in the model.
Shape stored(const Shape& shape) { return is_image(shape) ? permuted(shape, kToNchw) : shape; }

/// Whether NHWC and NCHW hold the elements in different orders.
bool order_differs(const Shape& shape) { return is_image(shape) && shape[3] > 1 && shape[1] * shape[2] > 1; }

Ints ints(std::span<const int> values) { return {values.begin(), values.end()}; }

template <class T>
std::vector<T> rearranged(const std::vector<T>& values, const Shape& shape, const std::vector<int>& axes) {
  std::vector<T> result;
  for (int index : transpose_map(shape, axes)) result.push_back(values[static_cast<std::size_t>(index)]);
  return result;
}

class Exporter {
 public:
  Exporter(const Graph& graph, onnx::GraphProto& proto)
      : graph_(graph), nodes_(proto), names_(graph.tensors.size()), values_(graph.tensors.size()) {}

  void run() {
    for (int index : graph_.inputs) add_input(index);
    for (const Operator& op : graph_.operators) name(op);
    for (const Operator& op : graph_.operators) export_operator(op);
    for (int index : graph_.outputs) add_output(index);
  }

 private:
  const Tensor& tensor(int index) const { return graph_.tensor(index); }
  const Shape& shape(int index) const { return tensor(index).shape; }
  std::string& name_of(int index) { return names_[static_cast<std::size_t>(index)]; }
  /// The value that holds a tensor, in stored layout.
  std::string& value(int index) { return values_[static_cast<std::size_t>(index)]; }

  void add_input(int index) {
    name_of(index) = nodes_.unique(tensor(index).name);
    nodes_.add_input(name_of(index), tensor(index).type, shape(index));
    value(index) = is_image(shape(index)) ? to_nchw(name_of(index)) : name_of(index);
  }

  /// Names are given before nodes are made, so that the plain ones go to the tensors.
  void name(const Operator& op) {
    const int output = op.outputs[0];
    const bool ends = std::count(graph_.outputs.begin(), graph_.outputs.end(), output) > 0;
    name_of(output) = nodes_.unique(op.name.empty() ? tensor(output).name : op.name);
    value(output) = ends && is_image(shape(output)) ? nodes_.unique(name_of(output) + ".nchw") : name_of(output);
  }

  void add_output(int index) {
    const bool is_taken = is_input(index) || !ended_.insert(index).second;
    const std::string name = is_taken ? nodes_.unique(name_of(index) + ".out") : name_of(index);
    if (is_image(shape(index))) {
      nodes_.add_to("Transpose", name, {value(index)}, {{"perm", ints(kToNhwc)}});
    } else if (is_taken) {
      nodes_.add_to("Identity", name, {value(index)});
    }
    nodes_.add_output(name, tensor(index).type, shape(index));
  }

  bool is_input(int index) const { return std::count(graph_.inputs.begin(), graph_.inputs.end(), index) > 0; }

  std::string to_nchw(const std::string& from) {
    return nodes_.add("Transpose", from + ".nchw", {from}, {{"perm", ints(kToNchw)}});
  }
  std::string to_nhwc(const std::string& from) {
    return nodes_.add("Transpose", from + ".nhwc", {from}, {{"perm", ints(kToNhwc)}});
  }

  /// A tensor's real values, in stored layout.
  std::string real(int index) {
    const Tensor& from = tensor(index);
    if (from.type == DataType::kFloat32) return value(index);
    const auto found = reals_.find(index);
    if (found != reals_.end()) return found->second;
    if (from.constant) value(index) = constant_image(index);
    const std::string name = value(index);
    return reals_[index] = nodes_.add("DequantizeLinear", name + ".real", quantization_inputs(name, name, from));
  }

  std::string constant_image(int index) {
    const Tensor& from = tensor(index);
    const auto& values = std::get<std::vector<std::int8_t>>(from.data);
    if (!is_image(from.shape)) return nodes_.constant(from.name, from.shape, std::span(values));
    return nodes_.constant(from.name, stored(from.shape),
                           std::span<const std::int8_t>(rearranged(values, from.shape, {0, 3, 1, 2})));
  }

  /// What QuantizeLinear and DequantizeLinear read: a value, scale and zero point.
  std::vector<std::string> quantization_inputs(const std::string& from, const std::string& owner,
                                               const Tensor& described) {
    const Quantization& q = described.quantization;
    const auto zero = static_cast<std::int8_t>(q.zero_points[0]);
    return {from, nodes_.constant(owner + ".scale", {}, std::span(&q.scales[0], 1)),
            nodes_.constant(owner + ".zero_point", {}, std::span(&zero, 1))};
  }

  /// The operator's result: activation, then the output's own numbers.
  void finish(const Operator& op, std::string result) {
    const int output = op.outputs[0];
    const std::string& name = name_of(output);
    if (op.activation == Activation::kRelu) result = nodes_.add("Relu", name + ".relu", {result});
    if (op.activation == Activation::kRelu6) {
      const float low = 0, high = 6;
      result = nodes_.add("Clip", name + ".relu6",
                          {result, nodes_.constant(name + ".low", {}, std::span(&low, 1)),
                           nodes_.constant(name + ".high", {}, std::span(&high, 1))});
    }
    nodes_.add_to("QuantizeLinear", value(output), quantization_inputs(result, name, tensor(output)));
  }

  void export_operator(const Operator& op) {
    const std::string name = name_of(op.outputs[0]) + ".sum";
    const Shape &in = shape(op.inputs[0]), &out = shape(op.outputs[0]);
    switch (op.type) {
      case OpType::kConv2D:
      case OpType::kDepthwiseConv2D:
        return finish(op, nodes_.add("Conv", name, {real(op.inputs[0]), weights(op), bias(op)}, convolution(op)));
      case OpType::kFullyConnected:
        return finish(op, nodes_.add("Gemm", name,
                                     {reshaped(real(op.inputs[0]), in, {1, static_cast<int>(element_count(in))}),
                                      weights(op), bias(op)},
                                     {{"transB", std::int64_t{1}}}));
      case OpType::kAdd:
        return finish(op, nodes_.add("Add", name, operands(op)));
      case OpType::kMul:
        return finish(op, nodes_.add("Mul", name, operands(op)));
      case OpType::kAveragePool2D:
        return finish(op, nodes_.add("AveragePool", name, {real(op.inputs[0])}, window(op)));
      case OpType::kMaxPool2D:
        return finish(op, nodes_.add("MaxPool", name, {real(op.inputs[0])}, window(op)));
      case OpType::kReshape:
        return finish(op, reshaped(real(op.inputs[0]), in, out));
      case OpType::kSoftmax:
        return finish(op, nodes_.add("Softmax", name, {real(op.inputs[0])},
                                     {{"axis", stored_axis(static_cast<int>(in.size()) - 1, in)}}));
      case OpType::kPad:
        return finish(op, pad(op, name));
      case OpType::kMean:
        return finish(op, mean(op, name));
      case OpType::kTranspose:
        return finish(op, transpose(op, name));
      case OpType::kResizeNearest:
        return finish(op, resize(op, name));
      case OpType::kConcat:
        return finish(op, concat(op, name));
      case OpType::kQuantize:
        return finish(op, real(op.inputs[0]));
      case OpType::kDequantize:
        return nodes_.add_to("Identity", value(op.outputs[0]), {real(op.inputs[0])});
    }
    THIMBLE_CHECK(false, "an OpType that cannot be exported");
  }

  /// OIHW for convolutions, [O,I] for fully connected layers; the scales lie along the first dimension.
  std::string weights(const Operator& op) {
    const Tensor& from = tensor(op.inputs[1]);
    const auto& values = std::get<std::vector<std::int8_t>>(from.data);
    const bool depthwise = op.type == OpType::kDepthwiseConv2D;
    std::vector<int> axes = {0, 1};
    if (is_image(from.shape)) axes = depthwise ? std::vector<int>{3, 0, 1, 2} : std::vector<int>{0, 3, 1, 2};
    const std::string name = nodes_.constant(name_of(op.outputs[0]) + ".weights", permuted(from.shape, axes),
                                             std::span<const std::int8_t>(rearranged(values, from.shape, axes)));
    const std::vector<std::int8_t> zeros(from.quantization.scales.size(), 0);
    const Shape scales = scale_shape(from.quantization.scales.size());
    return nodes_.add("DequantizeLinear", name + ".real",
                      {name, nodes_.constant(name + ".scale", scales, std::span(from.quantization.scales)),
                       nodes_.constant(name + ".zero_point", scales, std::span(zeros))},
                      {{"axis", std::int64_t{0}}});
  }

  std::string bias(const Operator& op) {
    const auto& values = std::get<std::vector<std::int32_t>>(tensor(op.inputs[2]).data);
    const std::string name = nodes_.constant(name_of(op.outputs[0]) + ".bias", shape(op.inputs[2]), std::span(values));
    std::vector<float> scales = tensor(op.inputs[1]).quantization.scales;
    for (float& scale : scales) scale *= tensor(op.inputs[0]).quantization.scales[0];
    return nodes_.add("DequantizeLinear", name + ".real",
                      {name, nodes_.constant(name + ".scale", scale_shape(scales.size()), std::span(scales))},
                      {{"axis", std::int64_t{0}}});
  }

  static Shape scale_shape(std::size_t scales) { return scales == 1 ? Shape{} : Shape{static_cast<int>(scales)}; }

  static Attributes window(const Operator& op) {
    const Padding& p = op.padding;
    return {{"kernel_shape", Ints{op.kernel_h, op.kernel_w}},
            {"strides", Ints{op.stride_h, op.stride_w}},
            {"pads", Ints{p.top, p.left, p.bottom, p.right}}};
  }

  Attributes convolution(const Operator& op) const {
    Attributes attributes = window(op);
    const bool depthwise = op.type == OpType::kDepthwiseConv2D;
    attributes.push_back({"group", std::int64_t{depthwise ? shape(op.inputs[0])[3] : 1}});
    return attributes;
  }

  static std::int64_t stored_axis(int axis, const Shape& of) {
    return is_image(of) ? kToNhwc[static_cast<std::size_t>(axis)] : axis;
  }

  /// A value of one shape (as the graph counts it) in another.
  std::string reshaped(std::string from, const Shape& in, const Shape& out) {
    if (order_differs(in)) from = to_nhwc(from);
    const Ints target = ints(order_differs(out) ? out : stored(out));
    const std::string to = nodes_.constant(from + ".shape", {static_cast<int>(target.size())}, std::span(target));
    from = nodes_.add("Reshape", from + ".reshaped", {from, to});
    return order_differs(out) ? to_nchw(from) : from;
  }

  /// Two inputs that ONNX broadcasts as NumPy does, in the output's layout.
  std::vector<std::string> operands(const Operator& op) {
    const std::size_t dimensions = shape(op.outputs[0]).size();
    std::vector<std::string> result;
    for (int input : op.inputs) {
      std::string from = real(input);
      Shape lifted = shape(input);
      if (dimensions == 4 && lifted.size() < 4) {
        lifted.insert(lifted.begin(), 4 - lifted.size(), 1);
        from = reshaped(from, shape(input), lifted);
      }
      if (dimensions > 4 && is_image(lifted)) from = to_nhwc(from);
      result.push_back(from);
    }
    return result;
  }

  std::string pad(const Operator& op, const std::string& name) {
    const Padding& p = op.padding;
    const Ints sides = {0, 0, p.top, p.left, 0, 0, p.bottom, p.right};
    return nodes_.add("Pad", name, {real(op.inputs[0]), nodes_.constant(name + ".sides", {8}, std::span(sides))});
  }

  std::string mean(const Operator& op, const std::string& name) {
    const Shape& in = shape(op.inputs[0]);
    Shape kept = in;
    Ints axes;
    for (int axis : op.axes) {
      kept[static_cast<std::size_t>(axis)] = 1;
      axes.push_back(stored_axis(axis, in));
    }
    const std::string from = real(op.inputs[0]);
    // Without axes ReduceMean would reduce all of them.
    const std::string reduced =
        axes.empty() ? from : nodes_.add("ReduceMean", name, {from}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
    return kept == shape(op.outputs[0]) ? reduced : reshaped(reduced, kept, shape(op.outputs[0]));
  }

  std::string transpose(const Operator& op, const std::string& name) {
    Ints perm = ints(op.axes);
    if (perm.size() == 4) {
      for (std::size_t i = 0; i < 4; ++i) {
        const int from = op.axes[static_cast<std::size_t>(kToNchw[i])];
        perm[i] = kToNhwc[static_cast<std::size_t>(from)];
      }
    }
    return nodes_.add("Transpose", name, {real(op.inputs[0])}, {{"perm", perm}});
  }

  std::string resize(const Operator& op, const std::string& name) {
    const Ints size = ints(stored(shape(op.outputs[0])));
    return nodes_.add(
        "Resize", name, {real(op.inputs[0]), "", "", nodes_.constant(name + ".sizes", {4}, std::span(size))},
        {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  }

  std::string concat(const Operator& op, const std::string& name) {
    std::vector<std::string> inputs;
    for (int input : op.inputs) inputs.push_back(real(input));
    return nodes_.add("Concat", name, inputs, {{"axis", stored_axis(op.axes[0], shape(op.inputs[0]))}});
  }

  const Graph& graph_;
  OnnxNodes nodes_;
  std::vector<std::string> names_, values_;  ///< by tensor
  std::map<int, std::string> reals_;
  std::set<int> ended_;  ///< outputs that are declared already
};

}  // namespace

std::string export_onnx(const Graph& graph) {
  std::vector<std::string> problems = validate(graph);
  if (problems.empty()) problems = validate_int8(graph);
  THIMBLE_CHECK(problems.empty(), problems.front());
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("thimble");
  model.set_doc_string("int8 in QDQ form; images are NHWC at the ends, as the firmware takes them");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  model.mutable_graph()->set_name(graph.name.empty() ? "network" : graph.name);
  Exporter(graph, *model.mutable_graph()).run();
  return model.SerializeAsString();
}

}  // namespace thimble
