#include "graph/tflite_export.hpp"

#include "graph/flat_file.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/tflite_schema.hpp"
#include "tests/graph/golden_layers.hpp"
#include "tests/graph/random_int8.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

std::vector<std::uint8_t> exported(const Graph& graph) {
  auto bytes = export_tflite(graph);
  if (!bytes) FAIL(to_text(bytes.error()));
  return *bytes;
}

Graph imported(const std::vector<std::uint8_t>& bytes) {
  auto graph = import_tflite(bytes, "exported");
  if (!graph) FAIL(to_text(graph.error()));
  return *graph;
}

/// Outputs of all operators by name.
std::map<std::string, Int8Values> outputs(const Graph& graph, const Int8Values& input) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  network.run(input, workspace);
  std::map<std::string, Int8Values> values;
  for (const Operator& op : graph.operators)
    values[op.name] = workspace.values[static_cast<std::size_t>(op.outputs[0])];
  return values;
}

int count(const Graph& graph, OpType type) {
  return static_cast<int>(std::count_if(graph.operators.begin(), graph.operators.end(),
                                        [&](const Operator& op) { return op.type == type; }));
}

/// A network of one convolution with the given padding, 6x6 pixels.
Graph padded_convolution(int kernel, int stride, Padding padding) {
  GraphBuilder builder({1, 6, 6, 2}, 1);
  builder.conv(3, kernel, kernel, stride, padding, Activation::kRelu6);
  quantize_at_random(builder.graph, 1, true);
  return builder.graph;
}

struct Code {
  int deprecated = 0, builtin = 0, version = 0;
  bool operator==(const Code&) const = default;
};

std::vector<Code> codes_of(const FlatTable& root) {
  using namespace tflite::operator_code;
  std::vector<Code> codes;
  for (const FlatTable& code : root.tables(tflite::model::kOperatorCodes)) {
    codes.push_back({code.int8(kDeprecatedBuiltinCode, -1), code.int32(kBuiltinCode, -1), code.int32(kVersion, -1)});
  }
  return codes;
}

}  // namespace

TEST_CASE("golden models come back from an export with every layer's bits", "[graph][tflite][golden]") {
  for (const GoldenModel& model : kGoldenModels) {
    const std::filesystem::path folder = test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    INFO(model.name);
    const Graph original = load_golden(folder / model.file);
    const Graph back = imported(exported(original));
    CHECK(back.operators.size() == original.operators.size());
    CHECK(back.inputs.size() == original.inputs.size());
    CHECK(back.outputs.size() == original.outputs.size());
    CHECK(params(back) == params(original));
    CHECK(wrong_layers(back, folder, false) == std::vector<std::string>{});
  }
}

TEST_CASE("random networks come back from an export with every layer's bits", "[graph][tflite]") {
  int padded = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Graph original = RandomInt8Graph(seed).graph();
    INFO("seed " << seed);
    const std::vector<std::uint8_t> bytes = exported(original);
    const Graph back = imported(bytes);
    padded += count(back, OpType::kPad) > count(original, OpType::kPad);
    Rng rng({seed, 9});
    const Int8Values x = random_int8(original.tensor(original.inputs[0]).elements(), rng);
    const std::map<std::string, Int8Values> expected = outputs(original, x), found = outputs(back, x);
    for (const auto& [name, values] : expected) {
      REQUIRE(found.count(name) == 1);
      REQUIRE(found.at(name) == values);
    }
    REQUIRE(exported(back) == exported(imported(exported(back))));
  }
  CHECK(padded > 50);  // the tests reach PAD + VALID
}

TEST_CASE("padding becomes SAME or VALID where it can, PAD and VALID where not", "[graph][tflite]") {
  const auto kinds = [](const Graph& graph) {
    std::vector<OpType> types;
    for (const Operator& op : imported(exported(graph)).operators) types.push_back(op.type);
    return types;
  };
  const std::vector<OpType> plain = {OpType::kConv2D}, with_pad = {OpType::kPad, OpType::kConv2D};
  CHECK(kinds(padded_convolution(3, 1, {})) == plain);               // VALID
  CHECK(kinds(padded_convolution(3, 1, {1, 1, 1, 1})) == plain);     // SAME
  CHECK(kinds(padded_convolution(3, 2, {0, 1, 0, 1})) == plain);     // SAME of stride 2
  CHECK(kinds(padded_convolution(3, 2, {1, 1, 1, 1})) == with_pad);  // PyTorch's stride 2
  CHECK(kinds(padded_convolution(2, 1, {1, 0, 1, 0})) == with_pad);  // the larger half before
  CHECK(kinds(padded_convolution(3, 1, {1, 1, 0, 0})) == with_pad);  // rows alone
}

TEST_CASE("the file has TFLite's form: identifier, version, codes, alignment", "[graph][tflite]") {
  GraphBuilder builder({1, 6, 6, 2}, 1);
  builder.conv(3, 3, 3, 2, {1, 1, 1, 1});
  builder.append({.type = OpType::kMul, .inputs = {builder.last(), builder.last()}}, builder.shape());
  builder.conv(4, 1, 1, 1).fully_connected(5).softmax();
  quantize_at_random(builder.graph, 1, true);
  keep_scales(builder.graph);
  builder.graph.tensor(builder.graph.operators[1].outputs[0]).quantization.scales = {1e-6f};  // a factor above 1
  const std::vector<std::uint8_t> bytes = exported(builder.graph);
  const FlatTable root = FlatTable::root(bytes, "TFL3");
  CHECK(root.uint32(tflite::model::kVersion, 0) == 3);
  CHECK(codes_of(root) == std::vector<Code>{{34, 34, 2}, {3, 3, 3}, {18, 18, 3}, {9, 9, 4}, {25, 25, 2}});
  const std::vector<FlatTable> buffers = root.tables(tflite::model::kBuffers);
  REQUIRE(buffers.size() == 1 + 7);  // weights and biases of three layers, the sides of the PAD
  CHECK(buffers[0].bytes(tflite::buffer::kData).empty());
  for (std::size_t i = 1; i < buffers.size(); ++i) {
    CHECK((buffers[i].bytes(tflite::buffer::kData).data() - bytes.data()) % 16 == 0);
  }
  const FlatTable subgraph = root.tables(tflite::model::kSubgraphs).at(0);
  for (const FlatTable& tensor : subgraph.tables(tflite::subgraph::kTensors)) {
    CHECK(!tensor.text(tflite::tensor::kName, 100).empty());
  }
}

TEST_CASE("everything that TFLite cannot express is named at once", "[graph][tflite]") {
  GraphBuilder builder({1, 6, 6, 2}, 1);
  builder.pool(OpType::kMaxPool2D, 3, 3, 2, {1, 1, 1, 1});
  builder.pool(OpType::kAveragePool2D, 2, 2, 1, {1, 0, 1, 0});
  builder.append({.type = OpType::kMean, .inputs = {builder.last()}, .axes = {1, 2}}, {2});
  quantize_at_random(builder.graph, 1, true);
  keep_scales(builder.graph);
  const auto result = export_tflite(builder.graph);
  REQUIRE(!result);
  CHECK(to_text(result.error()) ==
        "operator 0 (MAX_POOL_2D): padding that is neither SAME nor VALID\n"
        "operator 1 (AVERAGE_POOL_2D): padding that is neither SAME nor VALID\n"
        "operator 2 (MEAN): an output shape of its own\n");
}

TEST_CASE("a graph that is not int8 is the caller's mistake", "[graph][tflite]") {
  CHECK_THROWS_AS(export_tflite(GraphBuilder({1, 2, 2, 1}, 1).softmax().graph), std::logic_error);
}
