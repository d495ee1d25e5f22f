#include "graph/graph.hpp"

#include "tests/catch.hpp"
#include "tests/graph/graph_builder.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {
using Problems = std::vector<std::string>;
}

TEST_CASE("MACs follow from shapes, params from constants that operators read", "[graph]") {
  GraphBuilder builder({1, 8, 6, 3}, 1);
  builder.conv(4, 3, 3, 2, {1, 1, 1, 1}).depthwise(3, 3, 1, {1, 1, 1, 1}).pool(OpType::kAveragePool2D, 4, 3, 1);
  builder.fully_connected(5);
  builder.constant({100});  // read by none
  const Graph& graph = builder.graph;
  CHECK(macs(graph, graph.operators[0]) == 4 * 3 * 4 * 3 * 3 * 3);
  CHECK(macs(graph, graph.operators[1]) == 4 * 3 * 4 * 3 * 3);
  CHECK(macs(graph, graph.operators[2]) == 0);
  CHECK(macs(graph, graph.operators[3]) == 4 * 5);
  CHECK(macs(graph) == 1296 + 432 + 20);
  CHECK(params(graph) == (108 + 4) + (36 + 4) + (20 + 5));
  CHECK(validate(graph).empty());
}

TEST_CASE("bytes count 1 per int8 and 4 per other element; counts saturate", "[graph]") {
  CHECK(Tensor{.shape = {2, 3}, .type = DataType::kInt8}.bytes() == 6);
  CHECK(Tensor{.shape = {2, 3}, .type = DataType::kInt32}.bytes() == 24);
  CHECK(Tensor{.shape = {}}.bytes() == 4);
  CHECK(element_count({1 << 30, 1 << 30, 1 << 30, 1 << 30}) == INT64_MAX);
  CHECK(Tensor{.shape = {1 << 30, 1 << 30, 4}}.bytes() == INT64_MAX);
}

TEST_CASE("validate names the place and the rule", "[graph]") {
  GraphBuilder builder({1, 8, 6, 3}, 1);
  builder.conv(4, 3, 3, 2, {1, 1, 1, 1});
  Graph& graph = builder.graph;
  REQUIRE(validate(graph).empty());
  SECTION("a wrong output shape") {
    graph.tensor(3).shape = {1, 4, 4, 4};
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): output shape is [1,4,4,4], must be [1,4,3,4]"});
  }
  SECTION("weights of another channel count") {
    graph.tensor(1).shape = {4, 3, 1, 9};
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): weights [4,3,1,9] do not fit input [1,8,6,3]"});
  }
  SECTION("too little data, twice") {
    graph.tensor(1).data = std::vector<float>(7);
    graph.tensor(2).data = std::vector<std::int8_t>(4);
    CHECK(validate(graph) == Problems{"tensor 1 (constant1): has 7 values, shape [4,3,3,3] needs 108",
                                      "tensor 2 (constant2): data is not of the tensor's type"});
  }
  SECTION("an index out of range") {
    graph.operators[0].inputs[2] = 9;
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): no tensor 9"});
  }
  SECTION("operators out of order") {
    builder.softmax();
    std::swap(graph.operators[0], graph.operators[1]);
    CHECK(validate(graph) == Problems{"operator 0 (softmax op1): reads tensor 3 before it is written"});
  }
  SECTION("a tensor written twice") {
    graph.operators.push_back(graph.operators[0]);
    CHECK(validate(graph) == Problems{"operator 1 (conv2d op0): tensor 3 is written twice"});
  }
  SECTION("a missing bias") {
    graph.operators[0].inputs.pop_back();
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): has 2 inputs, needs 3"});
  }
  SECTION("a transpose of a dimension that is not there") {
    builder.append({.type = OpType::kTranspose, .inputs = {builder.last()}, .axes = {0, 1, 2, 100000}},
                   builder.shape());
    CHECK(validate(graph) ==
          Problems{"operator 1 (transpose op1): axes must be a permutation of the input's dimensions"});
  }
  SECTION("a stride that no image has") {
    graph.operators[0].stride_h = INT32_MAX;
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): strides and kernel size must be at most 65535"});
  }
  SECTION("padding as large as the kernel") {
    graph.operators[0].padding.left = 3;
    CHECK(validate(graph) == Problems{"operator 0 (conv2d op0): padding must be below the kernel size"});
  }
  SECTION("scales that do not match the axis") {
    graph.tensor(1).quantization = {.scales = {1, 1, 1}, .zero_points = {0, 0, 0}, .axis = 0};
    CHECK(validate(graph) == Problems{"tensor 1 (constant1): has 3 scales for axis 0 of shape [4,3,3,3]"});
  }
  SECTION("no outputs") {
    graph.outputs.clear();
    CHECK(validate(graph) == Problems{"graph outputs: there are none"});
  }
}
