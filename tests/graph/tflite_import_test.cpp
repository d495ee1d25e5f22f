#include "graph/tflite_import.hpp"

#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "graph/int8_interpreter.hpp"
#include "tests/graph/golden.hpp"
#include "tests/graph/tflite_writer.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// The problems of a file as "key: rule".
std::vector<std::string> problems_of(std::span<const std::uint8_t> bytes) {
  try {
    const auto imported = import_tflite(bytes, "m.tflite");
    return {imported ? "none" : to_text(imported.error())};
  } catch (const ConfigError& error) {
    std::vector<std::string> texts;
    for (const ConfigIssue& issue : error.issues()) {
      CHECK(issue.file == "m.tflite");
      texts.push_back(issue.key + ": " + issue.rule);
    }
    return texts;
  }
}

/// Imports and, if that succeeds, runs one input: neither may do worse than ConfigError.
void survive(const std::vector<std::uint8_t>& bytes) {
  try {
    const auto imported = import_tflite(bytes, "mutant");
    if (!imported || macs(*imported) > 20'000'000) return;
    const Int8Interpreter network(*imported);
    Int8Workspace workspace = network.workspace();
    const auto elements = static_cast<std::size_t>(imported->tensor(imported->inputs[0]).elements());
    if (imported->tensor(imported->inputs[0]).type != DataType::kInt8) return;
    network.run(std::vector<std::int8_t>(elements, 77), workspace);
  } catch (const ConfigError& error) {
    CHECK(!error.issues().empty());
  }
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a depthwise convolution of one channel becomes a convolution, padding and bias explicit",
          "[graph][tflite]") {
  const auto imported = import_tflite(depthwise_model().bytes(), "dir/m.tflite");
  REQUIRE(imported);
  const Graph& graph = *imported;
  REQUIRE(graph.operators.size() == 1);
  const Operator& op = graph.operators[0];
  CHECK(graph.name == "m.tflite");
  CHECK(op.name == "t2");
  CHECK(op.type == OpType::kConv2D);
  CHECK(op.outputs == std::vector<int>{2});
  // rows: 2 outputs of stride 2 and kernel 2 need 4, there are 3; columns: 1 output of kernel 1 needs 1
  CHECK(op.padding.top == 0);
  CHECK(op.padding.bottom == 1);
  CHECK(op.padding.left + op.padding.right == 0);
  CHECK(graph.tensor(op.inputs[1]).shape == Shape{2, 2, 1, 1});
  CHECK(std::get<std::vector<std::int8_t>>(graph.tensor(op.inputs[1]).data) == std::vector<std::int8_t>{1, 2, 10, 20});
  CHECK(std::get<std::vector<std::int32_t>>(graph.tensor(op.inputs[2]).data) == std::vector<std::int32_t>{0, 0});
  CHECK(params(graph) == 4 + 2);

  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  network.run(std::vector<std::int8_t>{4, 99, 5, 99, 2, 99}, workspace);
  // in - 3 = 1, 2, -1 down the first column; scales 0.5 * 1 / 0.5 = 1; output zero point -1
  // 1*1 + 2*2 = 5, 10 + 40 = 50;  -1*1 = -1, -1*10 = -10
  CHECK(workspace.values[2] == std::vector<std::int8_t>{4, 49, -2, -11});
}

TEST_CASE("all unsupported operators are listed at once", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  writer.operators.push_back(writer.operators[0]);
  writer.operators[0].options[5].value = 2;  // dilation
  writer.operators.push_back({16, {0}, {2}, {}});
  writer.operators.push_back({200, {0}, {2}, {}});
  const auto imported = import_tflite(writer.bytes(), "m.tflite");
  REQUIRE(!imported);
  CHECK(to_text(imported.error()) ==
        "operator 0 (DEPTHWISE_CONV_2D): dilation 2x1\n"
        "operator 2 (LSTM): not implemented\n"
        "operator 3 (BUILTIN_200): not implemented\n");
}

TEST_CASE("everything that one operator lacks is listed, and what the model lacks", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  writer.operators[0].options[3].value = 2;  // activation
  writer.operators[0].options[4].value = 3;  // dilation
  writer.tensors[1].type = 3;
  writer.operators.push_back({117, {2}, {3}, {}});
  writer.operators.push_back({14, {3}, {4}, {}});
  writer.operators.push_back({tflite::kReshape, {2}, {2}, {}});
  writer.tensors[2].scales.clear();
  writer.tensors.push_back(writer.tensors[0]);
  writer.tensors.push_back(writer.tensors[0]);
  writer.inputs = {0, 2};
  CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (DEPTHWISE_CONV_2D): fused activation 2\n"
                                             "operator 0 (DEPTHWISE_CONV_2D): dilation 1x3\n"
                                             "operator 0 (DEPTHWISE_CONV_2D): tensors of type UINT8\n"
                                             "operator 1 (HARD_SWISH): not implemented\n"
                                             "operator 2 (LOGISTIC): not implemented\n"
                                             "operator 3 (RESHAPE): input t2 has no scale\n"
                                             "operator 3 (RESHAPE): output t2 has no scale\n"
                                             "inputs: there are 2, must be one\n"});
}

TEST_CASE("a network in float, or quantised in part, is unsupported", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  const auto problems = [&] { return problems_of(writer.bytes()); };
  const std::string place = "operator 0 (DEPTHWISE_CONV_2D): ";
  SECTION("float throughout") {
    for (auto& tensor : writer.tensors) tensor = {.shape = tensor.shape, .data = {}, .type = tflite::kFloat32};
    CHECK(problems() == Texts{place + "is in FLOAT32, must be quantised to INT8\n"});
  }
  SECTION("float input alone") {
    writer.tensors[0] = {.shape = {1, 3, 2, 1}, .data = {}, .type = tflite::kFloat32};
    CHECK(problems() == Texts{place + "input t0 is FLOAT32, must be INT8\n"});
  }
  SECTION("no scales") {
    for (auto& tensor : writer.tensors) tensor.scales.clear();
    CHECK(problems() == Texts{place + "input t0 has no scale\n" + place + "output t2 has no scale\n" + place +
                              "weights have no scale\n"});
  }
}

TEST_CASE("a concatenation keeps the bits of its inputs, in order", "[graph][tflite]") {
  TfliteWriter writer;
  writer.tensors = {
      {.shape = {1, 2, 1, 2}, .scales = {0.5f}, .zero_points = {3}, .data = {}},
      {.shape = {1, 2, 1, 1}, .scales = {0.5f}, .zero_points = {3}, .data = {11, 12}},
      {.shape = {1, 2, 1, 5}, .scales = {0.5f}, .zero_points = {3}, .data = {}},
  };
  writer.operators = {{tflite::kConcatenation, {0, 1, 0}, {2}, {{tflite::concat_options::kAxis, -1}}}};
  writer.inputs = {0};
  writer.outputs = {2};
  SECTION("on the last axis") {
    const auto imported = import_tflite(writer.bytes(), "m.tflite");
    REQUIRE(imported);
    CHECK(imported->operators[0].axes == std::vector<int>{3});
    const Int8Interpreter network(*imported);
    Int8Workspace workspace = network.workspace();
    network.run(std::vector<std::int8_t>{1, 2, 3, 4}, workspace);
    CHECK(workspace.values[2] == std::vector<std::int8_t>{1, 2, 11, 1, 2, 3, 4, 12, 3, 4});
  }
  SECTION("of other scales") {
    writer.tensors[1].scales = {0.25f};
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (concat t2): must keep scale and zero point of all inputs"});
  }
  SECTION("on an axis that is not there") {
    writer.operators[0].options[0].value = 4;
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (concat t2): needs one axis within the inputs' dimensions"});
  }
  SECTION("of other sizes") {
    writer.operators[0].options[0].value = 1;
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (concat t2): inputs differ in other dimensions than 1"});
  }
}

TEST_CASE("tensors of other types are unsupported, not errors", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  writer.tensors[0].type = 3;
  const auto imported = import_tflite(writer.bytes(), "m.tflite");
  REQUIRE(!imported);
  CHECK(imported.error().items[0].reason == "tensors of type UINT8");
}

TEST_CASE("a file that is not sound is refused with the place and the rule", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  SECTION("too little data") {
    writer.tensors[1].data.pop_back();
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (DEPTHWISE_CONV_2D): constant t1 has 3 bytes, its shape needs 4"});
  }
  SECTION("a tensor that does not exist") {
    writer.operators[0].inputs[1] = 5;
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (DEPTHWISE_CONV_2D): tensor 5 does not exist"});
  }
  SECTION("a wrong output shape") {
    writer.tensors[2].shape = {1, 3, 1, 2};
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (conv2d t2): output shape is [1,3,1,2], must be [1,2,1,2]"});
  }
  SECTION("weights that nobody filled in") {
    writer.tensors[1].data.clear();
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (DEPTHWISE_CONV_2D): weights are computed, must be constant\n"});
  }
  SECTION("a shape of terabytes") {
    writer.tensors[0].shape = {1 << 20, 1 << 20, 1 << 10, 1};
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (DEPTHWISE_CONV_2D): activations have more than 2^26 elements"});
  }
  SECTION("stride 0") {
    writer.operators[0].options[1].value = 0;
    CHECK(problems_of(writer.bytes()) == Texts{"operator 0 (DEPTHWISE_CONV_2D): strides must be at least 1"});
  }
  SECTION("a zero point that int8 cannot hold") {
    writer.tensors[0].zero_points = {200};
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (conv2d t2): input and output must be int8 with one scale and a zero point in "
                "[-128,127]"});
  }
  SECTION("an operator of a million inputs") {
    writer.operators[0].inputs.assign(1 << 20, 0);
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (DEPTHWISE_CONV_2D): a list of 1048576 values, at most 1024"});
  }
  SECTION("wrong and unsupported operators in one file") {
    writer.tensors[0].shape = {1, 0, 2, 1};
    writer.operators.push_back({16, {0}, {2}, {}});
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (DEPTHWISE_CONV_2D): a tensor has a dimension of 0", "operator 1 (LSTM): not implemented"});
  }
}

TEST_CASE("a small file that asks for days of work or gigabytes is refused", "[graph][tflite]") {
  TfliteWriter writer;
  const auto activation = [](Shape shape) {
    return TfliteWriter::TensorSpec{.shape = std::move(shape), .scales = {0.5f}, .zero_points = {0}};
  };
  writer.inputs = {0};
  writer.outputs = {1};
  SECTION("a pool with a window of the whole image, at every pixel") {
    // 1024^2 outputs times up to 1024^2 pixels = 2^40
    using namespace tflite::pool_options;
    writer.tensors = {activation({1, 1024, 1024, 1}), activation({1, 1024, 1024, 1})};
    writer.operators = {
        {tflite::kMaxPool2D, {0}, {1}, {{kStrideW, 1}, {kStrideH, 1}, {kFilterW, 1024}, {kFilterH, 1024}}}};
    CHECK(problems_of(writer.bytes()) == Texts{"model: needs more than 2^33 products"});
  }
  SECTION("many operators that read one large tensor") {
    // 20 means along the rows of 2^23 elements
    writer.tensors = {activation({1, 2048, 4096, 1}), {.shape = {1}, .data = {2, 0, 0, 0}, .type = tflite::kInt32}};
    for (int i = 2; i < 22; ++i) {
      writer.tensors.push_back(activation({1, 2048, 1, 1}));
      writer.operators.push_back({tflite::kMean, {0, 1}, {i}, {}});
    }
    writer.outputs = {2};
    CHECK(problems_of(writer.bytes()) == Texts{"model: its operators read and write more than 2^27 elements"});
  }
  SECTION("a convolution whose columns would fill gigabytes") {
    // 2^15 outputs of one row, each over 2^15 inputs: 2^30
    using namespace tflite::conv_options;
    writer.tensors = {activation({1, 1, 32768 + 31, 1024}),
                      activation({1, 1, 32768, 1}),
                      {.shape = {1, 1, 32, 1024}, .scales = {1}, .zero_points = {0}}};
    writer.tensors[2].data.assign(32 * 1024, 1);
    writer.operators = {
        {tflite::kConv2D, {0, 2}, {1}, {{kPadding, tflite::kValid, true}, {kStrideW, 1}, {kStrideH, 1}}}};
    CHECK(problems_of(writer.bytes()) ==
          Texts{"operator 0 (conv2d t1): has more than 2^26 elements under the windows of one row"});
  }
}

TEST_CASE("a list of more tables than any model has is refused before it is copied", "[graph][tflite]") {
  TfliteWriter writer = depthwise_model();
  writer.repeated_buffers = std::size_t{1} << 18;
  CHECK(problems_of(writer.bytes()) == Texts{": a list of 262148 tables, at most 262144"});
}

TEST_CASE("what is no .tflite file at all is refused", "[graph][tflite]") {
  CHECK(problems_of({}) == Texts{": is no file with the identifier TFL3"});
  const std::string text = "a text file that somebody mistook for a model";
  CHECK(problems_of(std::vector<std::uint8_t>(text.begin(), text.end())) ==
        Texts{": is no file with the identifier TFL3"});
  CHECK_THROWS_AS(load_tflite("/nowhere/model.tflite"), ConfigError);
  CHECK_THROWS_AS(load_tflite("/"), ConfigError);
}

TEST_CASE("every truncation and seeded mutation of a small file ends in an error or a network", "[graph][tflite]") {
  const std::vector<std::uint8_t> sound = depthwise_model().bytes();
  for (std::size_t length = 0; length < sound.size(); ++length) {
    survive({sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(length)});
  }
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    Rng rng({seed, 5});
    std::vector<std::uint8_t> mutant = sound;
    const int changes = rng.between(1, 4);
    for (int i = 0; i < changes; ++i) mutant[rng.below(mutant.size())] = static_cast<std::uint8_t>(rng.below(256));
    survive(mutant);
  }
}

TEST_CASE("mutations of golden models end in an error or a network", "[graph][tflite][golden]") {
  for (const GoldenModel& model : kGoldenModels) {
    const std::filesystem::path folder = test_data("golden/" + model.name);
    THIMBLE_SKIP_WITHOUT(folder, "golden models");
    const std::vector<std::uint8_t> sound = read_model(folder / model.file);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      Rng rng({seed, 6});
      std::vector<std::uint8_t> mutant = sound;
      if (seed % 8 == 0) mutant.resize(rng.below(sound.size()));
      // Tables stand around the weights: most changes go to the last and the first bytes.
      for (int i = 0; i < 8 && !mutant.empty(); ++i) {
        const std::size_t near_end = mutant.size() - 1 - rng.below(std::min<std::size_t>(mutant.size(), 12000));
        mutant[rng.chance(0.8) ? near_end : rng.below(mutant.size())] = static_cast<std::uint8_t>(rng.below(256));
      }
      survive(mutant);
    }
  }
}
