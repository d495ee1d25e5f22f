#include "deploy/simplify/simplify.hpp"

#include "deploy/host_executor.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/validate_int8.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/simplify_networks.hpp"
#include "tests/graph/golden.hpp"
#include "tests/graph/random_int8.hpp"

using namespace thimble;

namespace {

using Bytes = std::vector<std::int8_t>;

Bytes outputs_of(const Graph& graph, const Bytes& input) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  network.run(std::span<const std::int8_t>(input), workspace);
  Bytes outputs;
  for (int output : graph.outputs) {
    const Bytes& values = workspace.values[static_cast<std::size_t>(output)];
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  return outputs;
}

/// Random bytes, and both ends of the range everywhere.
std::vector<Bytes> inputs_for(const Graph& graph, std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(graph.tensor(graph.inputs[0]).elements());
  std::vector<Bytes> inputs = {Bytes(count, -128), Bytes(count, 127)};
  for (std::uint64_t i = 0; i < 4; ++i) {
    Rng rng({seed, i, 31});
    inputs.emplace_back();
    for (std::size_t k = 0; k < count; ++k) inputs.back().push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
  }
  return inputs;
}

Tensor quantized(const std::string& name, Shape shape, float scale, std::int32_t zero_point) {
  return {.name = name, .shape = std::move(shape), .type = DataType::kInt8, .quantization = {{scale}, {zero_point}, 0}};
}

Tensor weights_of(Shape shape, Bytes values) {
  return {.name = "weights",
          .shape = std::move(shape),
          .type = DataType::kInt8,
          .quantization = {{0.5f}, {0}, 0},
          .data = std::move(values),
          .constant = true};
}

Tensor bias_of(std::vector<std::int32_t> values) {
  return {.name = "bias",
          .shape = {static_cast<int>(values.size())},
          .type = DataType::kInt32,
          .data = std::move(values),
          .constant = true};
}

/// Appends an operator over the tensor before it; weights and bias go first.
int append(Graph& graph, Operator op, int input, Tensor output) {
  op.inputs.insert(op.inputs.begin(), input);
  op.outputs = {graph.add(std::move(output))};
  op.name = graph.tensor(op.outputs[0]).name;
  graph.operators.push_back(op);
  graph.outputs = op.outputs;
  return op.outputs[0];
}

/// x [1,2,2,1] -> conv a: filters 3, 0, -2 with biases 1, 40, 0 -> conv b of size k: one output, weights 1, 2, 3 a tap.
/// Scales are 1/2 for weights and 1 for x, 1/2 behind: sums are steps of 1/2, which the outputs of `a` keep as they
/// are.
Graph two_convolutions(int kernel, Padding padding, std::int32_t zero_point) {
  Graph graph;
  const int x = graph.add(quantized("x", {1, 2, 2, 1}, 1, 0));
  graph.inputs = {x};
  const int wa = graph.add(weights_of({3, 1, 1, 1}, {3, 0, -2})), ba = graph.add(bias_of({1, 40, 0}));
  const int a =
      append(graph, {.type = OpType::kConv2D, .inputs = {wa, ba}}, x, quantized("a", {1, 2, 2, 3}, 0.5f, zero_point));
  Bytes taps;
  for (int i = 0; i < kernel * kernel; ++i) taps.insert(taps.end(), {1, 2, 3});
  const int wb = graph.add(weights_of({1, kernel, kernel, 3}, taps)), bb = graph.add(bias_of({7}));
  const int out = 2 + padding.top + padding.bottom - kernel + 1;
  append(graph,
         {.type = OpType::kConv2D, .inputs = {wb, bb}, .kernel_h = kernel, .kernel_w = kernel, .padding = padding}, a,
         quantized("b", {1, out, out, 1}, 16, 3));
  return graph;
}

const Operator& layer(const Graph& graph, const std::string& name) {
  for (const Operator& op : graph.operators)
    if (op.name == name) return op;
  FAIL("no layer " << name);
  throw std::logic_error("unreachable");
}

std::vector<std::int32_t> bias(const Graph& graph, const std::string& name) {
  return std::get<std::vector<std::int32_t>>(graph.tensor(layer(graph, name).inputs[2]).data);
}

void check_same_bits(const Graph& graph, const Graph& simpler, std::uint64_t seed) {
  for (const Bytes& input : inputs_for(graph, seed)) CHECK(outputs_of(graph, input) == outputs_of(simpler, input));
}

}  // namespace

TEST_CASE("the constant of a dead filter moves into the next bias", "[deploy][simplify]") {
  const Graph graph = two_convolutions(1, {}, 0);
  const Simplified result = simplify(graph, {.channel_multiple = 1});
  CHECK(result.graph.tensor(layer(result.graph, "a").outputs[0]).shape == Shape{1, 2, 2, 2});
  CHECK(bias(result.graph, "a") == std::vector<std::int32_t>{1, 0});
  CHECK(bias(result.graph, "b") == std::vector<std::int32_t>{7 + 2 * 40});
  CHECK(result.report.removed_filters == 1);
  CHECK(result.report.zero_filters == 1);
  CHECK(result.report.filters == 4);
  CHECK(result.report.macs_before == 4 * 3 + 4 * 3);
  CHECK(result.report.macs_after == 4 * 2 + 4 * 2);
  check_same_bits(graph, result.graph, 1);
}

TEST_CASE("padding beside a constant that is not zero keeps the filter", "[deploy][simplify]") {
  const Padding around = {1, 1, 1, 1};
  CHECK(simplify(two_convolutions(2, {}, 0), {.channel_multiple = 1}).report.removed_filters == 1);
  CHECK(simplify(two_convolutions(3, around, 0), {.channel_multiple = 1}).report.removed_filters == 0);
  Graph graph = two_convolutions(3, around, 0);
  std::get<std::vector<std::int32_t>>(graph.tensor(2).data)[1] = 0;  // the constant is the zero point now
  const Simplified result = simplify(graph, {.channel_multiple = 1});
  CHECK(result.report.removed_filters == 1);
  CHECK(bias(result.graph, "b") == std::vector<std::int32_t>{7});
  check_same_bits(graph, result.graph, 2);
}

TEST_CASE("a constant that the next bias cannot hold keeps its filter", "[deploy][simplify]") {
  Graph graph = two_convolutions(1, {}, 0);
  auto& next_bias = std::get<std::vector<std::int32_t>>(graph.tensor(5).data);
  next_bias[0] = INT32_MAX - 2 * 40;
  CHECK(simplify(graph, {.channel_multiple = 1}).report.removed_filters == 1);
  next_bias[0] += 1;
  CHECK(simplify(graph, {.channel_multiple = 1}).report.removed_filters == 0);
}

TEST_CASE("filters that nobody has a weight for go", "[deploy][simplify]") {
  Graph graph = two_convolutions(1, {}, 0);
  std::get<std::vector<std::int32_t>>(graph.tensor(2).data)[1] = 41;
  std::get<Bytes>(graph.tensor(1).data) = {3, 5, -2};  // all filters live,
  std::get<Bytes>(graph.tensor(4).data) = {1, 0, 3};   // but the second is not read
  const Simplified result = simplify(graph, {.channel_multiple = 1});
  CHECK(result.report.removed_filters == 1);
  CHECK(result.report.zero_filters == 0);
  check_same_bits(graph, result.graph, 3);
}

TEST_CASE("dead channels stay where a block of channels would not shrink", "[deploy][simplify]") {
  CHECK(simplify(two_convolutions(1, {}, 0), {.channel_multiple = 4}).report.removed_filters == 0);
  CHECK(simplify(two_convolutions(1, {}, 0), {.channel_multiple = 2}).report.removed_filters == 1);
}

TEST_CASE("paddings move into convolutions and never into average pools", "[deploy][simplify]") {
  Graph graph;
  graph.inputs = {graph.add(quantized("x", {1, 3, 3, 1}, 1, 5))};
  const int padded =
      append(graph, {.type = OpType::kPad, .padding = {1, 0, 0, 2}}, 0, quantized("pad", {1, 4, 5, 1}, 1, 5));
  Graph pooled = graph;
  const int w = graph.add(weights_of({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9})), b = graph.add(bias_of({0}));
  append(graph,
         {.type = OpType::kDepthwiseConv2D, .inputs = {w, b}, .kernel_h = 3, .kernel_w = 3, .padding = {0, 1, 0, 0}},
         padded, quantized("dw", {1, 3, 3, 1}, 4, 5));
  append(pooled, {.type = OpType::kAveragePool2D, .kernel_h = 2, .kernel_w = 2}, padded,
         quantized("pool", {1, 3, 4, 1}, 1, 5));
  const Simplified result = simplify(graph);
  CHECK(result.report.folded_pads == 1);
  REQUIRE(result.graph.operators.size() == 1);
  const Padding& p = result.graph.operators[0].padding;
  CHECK(std::vector<int>{p.top, p.bottom, p.left, p.right} == std::vector<int>{1, 1, 0, 2});
  check_same_bits(graph, result.graph, 4);
  CHECK(simplify(pooled).report.folded_pads == 0);
  check_same_bits(pooled, simplify(pooled).graph, 5);
}

/// A depthwise or a full convolution of random weights over a picture of two channels.
Graph window_over(OpType type, Shape picture, int kernel, int stride, Padding padding, std::uint64_t seed) {
  Graph graph;
  Rng rng({seed, 77});
  graph.inputs = {graph.add(quantized("x", picture, 1, 3))};
  const bool depthwise = type == OpType::kDepthwiseConv2D;
  Bytes values;
  for (int i = 0; i < 2 * kernel * kernel * (depthwise ? 1 : 2); ++i)
    values.push_back(static_cast<std::int8_t>(rng.between(-127, 127)));
  const int w = graph.add(weights_of(depthwise ? Shape{1, kernel, kernel, 2} : Shape{2, kernel, kernel, 2}, values));
  const int b = graph.add(bias_of({5, -7}));
  const auto outputs = [&](int size, int before, int after) { return (size + before + after - kernel) / stride + 1; };
  const Shape out = {1, outputs(picture[1], padding.top, padding.bottom),
                     outputs(picture[2], padding.left, padding.right), 2};
  append(graph,
         {.type = type,
          .inputs = {w, b},
          .stride_h = stride,
          .stride_w = stride,
          .kernel_h = kernel,
          .kernel_w = kernel,
          .padding = padding},
         0, quantized("y", out, 200, -2));
  return graph;
}

std::vector<int> window_of(const Graph& graph) {
  const Operator& op = graph.operators.at(0);
  const Padding& p = op.padding;
  return {op.kernel_h, op.kernel_w, p.top, p.bottom, p.left, p.right};
}

TEST_CASE("rows and columns of a window that only meet padding go", "[deploy][simplify]") {
  using enum OpType;
  struct Case {
    OpType type;
    int height, width, kernel, stride;
    Padding padding;
    std::vector<int> expected;  ///< window, padding
  };
  const std::vector<Case> cases = {
      {kDepthwiseConv2D, 3, 3, 7, 1, {3, 3, 3, 3}, {5, 5, 2, 2, 2, 2}},
      {kDepthwiseConv2D, 3, 2, 7, 1, {3, 3, 3, 3}, {5, 5, 2, 2, 2, 2}},  // stays square
      {kDepthwiseConv2D, 1, 1, 5, 1, {2, 2, 2, 2}, {3, 3, 1, 1, 1, 1}},  // at least 3x3
      {kDepthwiseConv2D, 5, 5, 5, 2, {2, 2, 2, 2}, {5, 5, 2, 2, 2, 2}},  // every tap meets a pixel
      {kConv2D, 1, 1, 3, 1, {1, 1, 1, 1}, {1, 1, 0, 0, 0, 0}},
      {kConv2D, 6, 1, 3, 1, {1, 1, 1, 1}, {3, 1, 1, 1, 0, 0}},
      {kConv2D, 2, 2, 5, 2, {1, 2, 2, 1}, {2, 2, 0, 0, 0, 0}},  // one output
  };
  for (const Case& c : cases) {
    const Graph graph = window_over(c.type, {1, c.height, c.width, 2}, c.kernel, c.stride, c.padding, 9);
    const Simplified result = simplify(graph, {.channel_multiple = 1});
    CAPTURE(c.height, c.width, c.kernel);
    CHECK(window_of(result.graph) == c.expected);
    CHECK(result.report.cropped_windows == (c.expected[0] != c.kernel || c.expected[1] != c.kernel ? 1 : 0));
    check_same_bits(graph, result.graph, 11);
  }
}

TEST_CASE("cropped windows give the same bits, whatever their place", "[deploy][simplify]") {
  Rng rng({4, 4});
  int cropped = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const int kernel = rng.between(1, 7), most = kernel - 1;
    const Padding padding = {rng.between(0, most), rng.between(0, most), rng.between(0, most), rng.between(0, most)};
    const Shape picture = {1, rng.between(1, 6), rng.between(1, 6), 2};
    if (picture[1] + padding.top + padding.bottom < kernel || picture[2] + padding.left + padding.right < kernel)
      continue;
    const OpType type = rng.between(0, 1) == 0 ? OpType::kConv2D : OpType::kDepthwiseConv2D;
    const Graph graph = window_over(type, picture, kernel, rng.between(1, 3), padding, i);
    const Simplified result = simplify(graph, {.channel_multiple = 1});
    cropped += result.report.cropped_windows;
    check_same_bits(graph, result.graph, i);
  }
  CHECK(cropped > 50);
}

TEST_CASE("a max pool takes padding only where nothing is below zero", "[deploy][simplify]") {
  for (const std::int32_t zero : {-128, 0}) {
    Graph graph;
    graph.inputs = {graph.add(quantized("x", {1, 3, 3, 1}, 1, zero))};
    const int padded =
        append(graph, {.type = OpType::kPad, .padding = {1, 1, 1, 1}}, 0, quantized("pad", {1, 5, 5, 1}, 1, zero));
    append(graph, {.type = OpType::kMaxPool2D, .kernel_h = 3, .kernel_w = 3}, padded,
           quantized("max", {1, 3, 3, 1}, 1, zero));
    CHECK(simplify(graph).report.folded_pads == (zero == -128 ? 1 : 0));
    check_same_bits(graph, simplify(graph).graph, 6);
  }
}

TEST_CASE("a graph with float ends begins and ends in int8", "[deploy][simplify]") {
  Graph graph = two_convolutions(1, {}, 0);
  const Bytes input = {-4, 3, 100, -128};
  const Bytes expected = outputs_of(graph, input);
  const int real_in = graph.add({.name = "real", .shape = {1, 2, 2, 1}}), last = graph.outputs[0];
  graph.operators.insert(graph.operators.begin(),
                         {.type = OpType::kQuantize, .name = "q", .inputs = {real_in}, .outputs = {0}});
  append(graph, {.type = OpType::kDequantize}, last, {.name = "real out", .shape = {1, 2, 2, 1}});
  graph.inputs = {real_in};
  const Simplified result = simplify(graph);
  CHECK(result.report.float_edges == 2);
  CHECK(result.graph.operators.size() == 2);
  CHECK(outputs_of(result.graph, input) == expected);
}

TEST_CASE("global pooling through a transpose needs no transpose", "[deploy][simplify]") {
  Graph graph;
  const auto like_x = [](const std::string& name, Shape shape) { return quantized(name, std::move(shape), 0.1f, 7); };
  graph.inputs = {graph.add(like_x("x", {1, 3, 5, 4}))};
  int last = append(graph, {.type = OpType::kTranspose, .axes = {0, 3, 1, 2}}, 0, like_x("nchw", {1, 4, 3, 5}));
  last = append(graph, {.type = OpType::kMean, .axes = {3}}, last, like_x("columns", {1, 4, 3}));
  append(graph, {.type = OpType::kMean, .axes = {2}}, last, like_x("rows", {1, 4}));
  const Simplified result = simplify(graph);
  std::vector<OpType> types;
  for (const Operator& op : result.graph.operators) types.push_back(op.type);
  CHECK(types == std::vector<OpType>{OpType::kMean, OpType::kMean, OpType::kReshape});
  CHECK(result.graph.operators[0].axes == std::vector<int>{2});
  CHECK(result.graph.operators[1].axes == std::vector<int>{1});
  check_same_bits(graph, result.graph, 7);
}

TEST_CASE("operators that change nothing, or that nobody reads, go", "[deploy][simplify]") {
  Graph graph = two_convolutions(1, {}, 0);
  const int last = graph.outputs[0];
  const auto like_last = [&](const std::string& name) { return quantized(name, {1, 2, 2, 1}, 16, 3); };
  append(graph, {.type = OpType::kMaxPool2D}, last, like_last("unread"));
  int end = append(graph, {.type = OpType::kQuantize}, last, like_last("same scale"));
  end = append(graph, {.type = OpType::kPad}, end, like_last("no padding"));
  end = append(graph, {.type = OpType::kReshape}, end, quantized("flat", {1, 4}, 16, 3));
  end = append(graph, {.type = OpType::kReshape}, end, like_last("not flat"));
  const Simplified result = simplify(graph);
  CHECK(result.graph.operators.size() == 2);
  CHECK(result.report.unused_operators == 1);
  check_same_bits(graph, result.graph, 8);
}

TEST_CASE("operators over constants are computed", "[deploy][simplify]") {
  Graph graph;
  graph.inputs = {graph.add(quantized("x", {1, 1, 1, 2}, 1, 0))};
  Tensor a = quantized("a", {2}, 1, 0), b = quantized("b", {1}, 1, 0);
  a.constant = b.constant = true;
  a.data = Bytes{3, -4};
  b.data = Bytes{10};
  const int sum =
      append(graph, {.type = OpType::kAdd, .inputs = {graph.add(b)}}, graph.add(a), quantized("sum", {2}, 1, 0));
  append(graph, {.type = OpType::kAdd, .inputs = {sum}}, 0, quantized("y", {1, 1, 1, 2}, 1, 0));
  const Simplified result = simplify(graph);
  CHECK(result.report.constant_operators == 1);
  REQUIRE(result.graph.operators.size() == 1);
  CHECK(std::get<Bytes>(result.graph.tensor(result.graph.operators[0].inputs[1]).data) == Bytes{13, 6});
  CHECK(outputs_of(result.graph, {1, 2}) == Bytes{14, 8});
}

TEST_CASE("a graph without weights comes back as it is", "[deploy][simplify]") {
  Graph graph = test::RandomBlocks(3).network();
  const Simplified result = simplify(graph);
  CHECK_FALSE(result.report.changed());
  CHECK(result.graph.operators.size() == graph.operators.size());
  CHECK(result.graph.tensors.size() == graph.tensors.size());
}

TEST_CASE("random networks with dead channels keep every output bit", "[deploy][simplify]") {
  int removed = 0, pads = 0, sunk = 0, all_filters = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Graph graph = test::random_int8_network(seed);
    REQUIRE(validate_int8(graph).empty());
    for (int multiple : {1, 4}) {
      INFO("seed " << seed << ", channels in multiples of " << multiple);
      const Simplified result = simplify(graph, {.channel_multiple = multiple});
      check_same_bits(graph, result.graph, seed);
      CHECK(result.report.macs_after <= result.report.macs_before);
      CHECK_FALSE(simplify(result.graph, {.channel_multiple = multiple}).report.changed());
      removed += result.report.removed_filters;
      all_filters += result.report.filters;
      pads += result.report.folded_pads;
      sunk += result.report.sunk_transposes;
    }
  }
  // The networks are random, but they must exercise what this test is about.
  CHECK(removed > all_filters / 10);
  CHECK(pads > 30);
  CHECK(sunk > 30);
}

TEST_CASE("random graphs of every operator keep every output bit", "[deploy][simplify]") {
  int changed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Graph graph = test::RandomInt8Graph(seed).graph();
    if (seed % 2) test::kill_channels(graph, seed);
    INFO("seed " << seed);
    const Simplified result = simplify(graph, {.channel_multiple = seed % 3 ? 1 : 4});
    check_same_bits(graph, result.graph, seed);
    changed += result.report.changed();
  }
  CHECK(changed > 60);
}

TEST_CASE("a plan of a simplified model gives the bits of the original", "[deploy][simplify][golden]") {
  for (const test::GoldenModel& model : test::kGoldenModels) {
    const std::filesystem::path folder = test::test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    INFO(model.name);
    const auto original = load_tflite((folder / model.file).string());
    REQUIRE(original);
    const Graph graph = simplify(*original).graph;
    const Result<Plan, PlanError> plan = make_plan(graph);
    if (!plan) {
      const std::string why = to_text(plan.error());
      WARN(model.name << " is left out: " << why.substr(0, why.find('\n')));
      continue;
    }
    HostExecutor executor(*plan, graph);
    const Bytes inputs = test::read_int8(folder / "inputs.bin"), outputs = test::read_int8(folder / "outputs.bin");
    const auto in = static_cast<std::size_t>(plan->input_bytes), out = static_cast<std::size_t>(plan->output_bytes);
    CHECK(inputs.size() / in == outputs.size() / out);
    for (std::size_t i = 0; (i + 1) * in <= inputs.size(); ++i) {
      const auto got = executor.run(std::span<const std::int8_t>(inputs).subspan(i * in, in));
      CHECK(std::equal(got.begin(), got.end(), outputs.begin() + static_cast<std::ptrdiff_t>(i * out)));
    }
  }
}

TEST_CASE("golden models keep every output bit and lose their dead work", "[deploy][simplify][golden]") {
  for (const test::GoldenModel& model : test::kGoldenModels) {
    const std::filesystem::path folder = test::test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    INFO(model.name);
    const auto graph = load_tflite((folder / model.file).string());
    REQUIRE(graph);
    const Simplified result = simplify(*graph);
    for (const Operator& op : result.graph.operators) {
      CHECK(op.type != OpType::kPad);
      CHECK(op.type != OpType::kTranspose);
      CHECK(op.type != OpType::kQuantize);
      CHECK(op.type != OpType::kDequantize);
    }
    const Bytes inputs = test::read_int8(folder / "inputs.bin");
    const auto size = static_cast<std::ptrdiff_t>(result.graph.tensor(result.graph.inputs[0]).elements());
    Bytes outputs;
    for (auto at = inputs.begin(); at != inputs.end(); at += size) {
      const Bytes of_case = outputs_of(result.graph, Bytes(at, at + size));
      outputs.insert(outputs.end(), of_case.begin(), of_case.end());
    }
    CHECK((outputs == test::read_int8(folder / "outputs.bin")));
    if (model.name == "vww96") {
      CHECK(result.report.zero_filters == 971);
      CHECK(result.report.filters == 2738);
      CHECK(result.report.macs_after < 3800000);  // of 7489664
    }
    if (model.name == "te_vww") {
      CHECK(result.report.zero_filters == 297);
      CHECK(result.report.filters == 6114);
    }
  }
}
