#include "tests/deploy/kernels_cases_small.hpp"

#include <algorithm>

#include "deploy/pack/elementwise.hpp"
#include "deploy/pack/movement.hpp"
#include "deploy/pack/pack.hpp"
#include "graph/base/check.hpp"
#include "graph/int8_interpreter.hpp"

namespace thimble::test {
namespace {

struct SmallBuilder {
  Rng rng;
  KernelCase result;
  Operator op;
  Shape in{1, 1, 1, 1}, out{1, 1, 1, 1};
  float input_scale = 0.05F, output_scale = 0.05F;
  int input_zero = 0, output_zero = 0;

  explicit SmallBuilder(std::uint64_t seed) : rng({seed, 23}) {
    in = out = {1, rng.between(1, 6), rng.between(1, 9), channels()};
    input_zero = zero_point(), output_zero = zero_point();
  }

  int zero_point() { return rng.chance(0.4) ? -128 : rng.between(-128, 127); }
  int channels() {
    return rng.chance(0.2) ? rng.between(20, 90) : rng.chance(0.5) ? 4 * rng.between(1, 10) : rng.between(1, 19);
  }
  void keep_quantization() { output_scale = input_scale, output_zero = input_zero; }

  int add_tensor(const std::string& name, const Shape& shape, float scale, int zero) {
    Tensor tensor;
    tensor.name = name, tensor.shape = shape, tensor.type = DataType::kInt8;
    tensor.quantization = {.scales = {scale}, .zero_points = {zero}};
    return result.graph.add(tensor);
  }
  Bytes random_bytes(std::int64_t count) {
    const int kind = rng.between(0, 5);
    Bytes bytes;
    for (std::int64_t i = 0; i < count; ++i) {
      const int value = kind == 0 ? (rng.chance(0.5) ? 127 : -128) : rng.between(-128, 127);
      bytes.push_back(static_cast<std::int8_t>(value));
    }
    return bytes;
  }
  int add_constant(const Shape& shape, float scale, int zero) {
    const int index = add_tensor("constant", shape, scale, zero);
    result.graph.tensor(index).constant = true;
    result.graph.tensor(index).data = random_bytes(element_count(shape));
    return index;
  }

  void elementwise(bool add, bool lookup);
  void mean();
  void pad();
  void transpose();
  void resize();
  void concat();
  void unary(OpType type);
  Bytes reference(const std::vector<Bytes>& inputs);
};

void SmallBuilder::unary(OpType type) {
  op.type = type;
  op.inputs = {add_tensor("input", in, input_scale, input_zero)};
  op.outputs = {add_tensor("output", out, output_scale, output_zero)};
}

/// Two activations, or one and a constant; either may be the smaller one.
void SmallBuilder::elementwise(bool add, bool lookup) {
  op.type = add ? OpType::kAdd : OpType::kMul;
  op.activation = rng.pick(std::vector<Activation>{Activation::kNone, Activation::kRelu, Activation::kRelu6});
  Shape second = in;
  const int form = lookup ? 2 : rng.between(0, 3);
  if (form == 1) second = rng.chance(0.5) ? Shape{1, 1, 1, in[3]} : Shape{in[3]};
  if (form == 2) second = rng.chance(0.5) ? Shape{1, 1, 1, 1} : Shape{};
  const bool constant = lookup || (element_count(second) > 1 && rng.chance(0.3));
  const float scale2 = rng.chance(0.2) ? input_scale : static_cast<float>(input_scale * rng.uniform(0.05, 4));
  const int zero2 = zero_point();
  output_scale =
      static_cast<float>(add ? input_scale * rng.uniform(0.5, 3) : input_scale * scale2 * rng.uniform(20, 300));
  if (rng.chance(0.1)) output_scale = add ? input_scale : input_scale * scale2;
  const int a = add_tensor("input", in, input_scale, input_zero);
  const int b = constant ? add_constant(second, scale2, zero2) : add_tensor("input2", second, scale2, zero2);
  op.inputs = rng.chance(0.3) ? std::vector<int>{b, a} : std::vector<int>{a, b};
  op.outputs = {add_tensor("output", out, output_scale, output_zero)};
}

void SmallBuilder::mean() {
  const std::vector<std::vector<int>> choices = {{1, 2}, {1}, {2}, {3}, {1, 2, 3}, {2, 3}};
  op.axes = rng.pick(choices);
  if (rng.chance(0.1)) in[1] = rng.between(14, 20), in[2] = rng.between(14, 24);  // more than 256 terms, too
  if (rng.chance(0.3)) op.activation = Activation::kRelu;
  out = in;
  for (int axis : op.axes) out[static_cast<std::size_t>(axis)] = 1;
  output_scale = static_cast<float>(input_scale * rng.uniform(0.1, 1.5));
  if (rng.chance(0.3)) keep_quantization();
  unary(OpType::kMean);
}

void SmallBuilder::pad() {
  op.padding = {rng.between(0, 3), rng.between(0, 3), rng.between(0, 3), rng.between(0, 3)};
  out[1] += op.padding.top + op.padding.bottom, out[2] += op.padding.left + op.padding.right;
  keep_quantization();
  unary(OpType::kPad);
}

void SmallBuilder::transpose() {
  op.axes = {0, 1, 2, 3};
  for (std::size_t i = 3; i > 0; --i)
    std::swap(op.axes[i], op.axes[static_cast<std::size_t>(rng.between(0, static_cast<int>(i)))]);
  for (std::size_t i = 0; i < 4; ++i) out[i] = in[static_cast<std::size_t>(op.axes[i])];
  keep_quantization();
  unary(OpType::kTranspose);
}

void SmallBuilder::resize() {
  out[1] = rng.chance(0.5) ? 2 * in[1] : rng.between(1, 12), out[2] = rng.chance(0.5) ? 2 * in[2] : rng.between(1, 12);
  keep_quantization();
  unary(OpType::kResizeNearest);
}

void SmallBuilder::concat() {
  op.type = OpType::kConcat;
  op.axes = {rng.between(1, 3)};
  const auto axis = static_cast<std::size_t>(op.axes[0]);
  out[axis] = 0;
  for (int i = rng.between(1, 4); i > 0; --i) {
    Shape part = in;
    part[axis] = rng.between(1, 9);
    out[axis] += part[axis];
    op.inputs.push_back(add_tensor("input", part, input_scale, input_zero));
  }
  op.outputs = {add_tensor("output", out, input_scale, input_zero)};
}

/// The operator's output by the reference interpreter: `inputs` in the order of the graph's tensors that are not
/// constant. The interpreter has one input, so the others are made constant.
Bytes SmallBuilder::reference(const std::vector<Bytes>& inputs) {
  Graph graph = result.graph;
  graph.inputs.clear();
  Bytes first;
  std::size_t next = 0;
  for (int index : op.inputs) {
    Tensor& tensor = graph.tensor(index);
    if (tensor.constant) continue;
    const Bytes& values = inputs.at(next++);
    if (graph.inputs.empty() && tensor.elements() == element_count(in)) {
      graph.inputs = {index};
      first = values;
    } else {
      tensor.constant = true;
      tensor.data = values;
    }
  }
  if (graph.inputs.empty()) {  // concat: every part is another shape than `in`
    graph.inputs = {op.inputs[0]};
    graph.tensor(op.inputs[0]).constant = false;
    graph.tensor(op.inputs[0]).data = {};
    first = inputs[0];
  }
  graph.outputs = op.outputs;
  const Int8Interpreter interpreter(graph);
  Int8Workspace workspace = interpreter.workspace();
  interpreter.run(first, workspace);
  return workspace.values.at(static_cast<std::size_t>(op.outputs[0]));
}

}  // namespace

KernelCase random_small_case(thimble_kernel_id kernel, bool in_place, std::uint64_t seed) {
  SmallBuilder builder(seed);
  Rng& rng = builder.rng;
  builder.result.kernel = kernel;
  if (kernel == THIMBLE_ADD || kernel == THIMBLE_MUL) builder.elementwise(kernel == THIMBLE_ADD, false);
  if (kernel == THIMBLE_LOOKUP) {
    const int form = rng.between(0, 2);
    if (form < 2) {
      builder.elementwise(form == 0, true);
    } else {
      builder.output_scale = static_cast<float>(builder.input_scale * rng.uniform(0.2, 5));
      builder.unary(OpType::kQuantize);
    }
  }
  if (kernel == THIMBLE_MEAN) builder.mean();
  if (kernel == THIMBLE_SOFTMAX) {
    builder.input_scale = static_cast<float>(std::exp2(rng.uniform(-7, 0)));
    if (rng.chance(0.1)) builder.in[3] = builder.out[3] = rng.between(200, 1100);
    builder.output_scale = 1.0F / 256, builder.output_zero = -128;
    builder.unary(OpType::kSoftmax);
  }
  if (kernel == THIMBLE_PAD) builder.pad();
  if (kernel == THIMBLE_TRANSPOSE) builder.transpose();
  if (kernel == THIMBLE_RESIZE_NEAREST) builder.resize();
  if (kernel == THIMBLE_CONCAT) builder.concat();

  Operator& op = builder.op;
  op.name = "layer";
  builder.result.graph.operators = {op};
  const Graph& graph = builder.result.graph;
  std::vector<Bytes> inputs;
  for (int index : op.inputs)
    if (!graph.tensor(index).constant) inputs.push_back(builder.random_bytes(graph.tensor(index).elements()));
  CaseValues values;
  values.expected = builder.reference(inputs);
  const std::vector<int> order = layer_inputs(graph, op);
  values.part = kernel == THIMBLE_CONCAT ? rng.between(0, static_cast<int>(op.inputs.size()) - 1) : 0;
  if (kernel == THIMBLE_CONCAT) {
    values.input = inputs.at(static_cast<std::size_t>(values.part));
    const thimble_layer layer = layer_shape(graph, op, kernel, values.part);
    const std::uint32_t begin = layer.input2, end = begin + std::uint32_t{layer.in_w} * layer.in_c;
    for (std::uint32_t i = 0; i < values.expected.size(); ++i) {
      const std::uint32_t at = i % (std::uint32_t{layer.out_w} * layer.out_c);
      values.kept.push_back(at < begin || at >= end);
    }
  } else {
    std::vector<int> activations;
    for (int index : op.inputs)
      if (!graph.tensor(index).constant) activations.push_back(index);
    const bool swapped = activations != order;
    values.input = inputs.at(swapped ? 1 : 0);
    if (inputs.size() > 1) values.input2 = inputs.at(swapped ? 0 : 1);
  }
  const bool may_overlap = layer_shape(graph, op, kernel, values.part).kernel_h > 0;
  lay_out_case(builder.result, values, in_place && may_overlap, rng);
  KernelCase result = std::move(builder.result);
  const auto id = kernel_for(result.graph, result.graph.operators[0]);
  THIMBLE_CHECK(id.has_value() && *id == kernel, "kernel");
  result.name =
      std::string(thimble_kernel_by_id(kernel)->name) + " seed " + std::to_string(seed) + (in_place ? " in place" : "");
  return result;
}

}  // namespace thimble::test
