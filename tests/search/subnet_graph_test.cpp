#include <cmath>

#include "search/space/layout.hpp"
#include "search/space/subnet.hpp"
#include "tests/catch.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

std::vector<std::string> operator_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Operator& op : graph.operators) names.push_back(op.name);
  return names;
}

const Operator& named(const Graph& graph, const std::string& name) {
  for (const Operator& op : graph.operators)
    if (op.name == name) return op;
  throw std::runtime_error("no operator " + name);
}

Shape output_shape(const Graph& graph, const std::string& name) {
  return graph.tensor(named(graph, name).outputs[0]).shape;
}

/// A network of the MCUNet paper, with its counts as published (MACs without biases, in millions; all parameters of
/// convolutions and classifier, with the two of each batch norm).
struct Published {
  const char* name;
  const char* text;
  double macs_millions, params_millions;
};

const Published kPublished[] = {
    {"mcunet-10fps", "r48-w0.6-k5e4.k3e3.k3e4-k7e5.k5e4.k5e5-k7e5.k5e4-k3e5.k5e4.k3e5-k3e6.k5e4-k3e6", 6.4, 0.736},
    {"mcunet-5fps", "r96-w0.5-k3e4.k3e3-k7e3.k3e5-k3e5.k7e4-k5e4.k3e3.k3e4-k7e5.k5e4.k5e4-k3e6", 12.8, 0.624},
    {"mcunet-256kb-1mb",
     "r160-w0.5-k5e3.k7e6.k3e5.k5e5-k3e5.k7e6.k5e6-k7e4.k5e5-k3e5.k5e5.k3e4-k5e6.k5e4.k5e3.k3e4-k5e5", 67.3, 0.714},
    {"mcunet-320kb-1mb",
     "r176-w0.5-k7e3.k3e5.k7e5.k5e4-k5e5.k5e5.k5e5-k3e5.k7e6.k5e4-k5e5.k7e5.k3e5-k3e6.k7e5.k3e4-k7e5", 81.8, 0.722},
    {"mcunet-512kb-2mb", "r160-w1-k7e3.k3e5.k5e4-k7e5.k3e4.k7e4-k7e3.k3e3.k7e3-k3e4.k5e3.k5e3-k7e4.k7e3.k5e3-k5e4",
     125.9, 1.711},
    {"mcunet-512kb-2mb-int4",
     "r192-w1.5-k7e3.k3e5.k3e5.k3e5-k5e6.k7e4.k5e5-k7e5.k7e4.k3e4-k5e4.k3e4.k7e3-k3e5.k7e3-k5e4", 466.8, 3.230},
};

}  // namespace

TEST_CASE("a subnet's operators bear the agreed names", "[search][graph]") {
  const Subnet subnet{16, 1.0, {{{3, 2}, {5, 3}}, {{3, 3}}}};
  const Graph graph = to_graph(test::tiny_space(), subnet);
  CHECK(operator_names(graph) ==
        std::vector<std::string>{"stem", "first.dw", "first.project", "stage1.block1.expand", "stage1.block1.dw",
                                 "stage1.block1.project", "stage1.block2.expand", "stage1.block2.dw",
                                 "stage1.block2.project", "stage1.block2.add", "stage2.block1.expand",
                                 "stage2.block1.dw", "stage2.block1.project", "pool", "classifier"});
  CHECK(validate(graph).empty());
  const Operator& dw = named(graph, "stage1.block2.dw");
  CHECK(graph.tensor(dw.inputs[1]).name == "stage1.block2.dw.weights");
  CHECK(graph.tensor(dw.inputs[1]).shape == Shape{1, 5, 5, 48});  // 16 channels times 3
  CHECK(graph.tensor(dw.inputs[1]).constant);
  CHECK(graph.tensor(dw.inputs[2]).name == "stage1.block2.dw.bias");
  CHECK((dw.padding.top == 2 && dw.padding.bottom == 2 && dw.padding.left == 2 && dw.padding.right == 2));
  CHECK(dw.activation == Activation::kRelu6);
  CHECK(named(graph, "stage1.block2.project").activation == Activation::kNone);
  CHECK(named(graph, "stage1.block1.dw").stride_h == 2);
  CHECK(output_shape(graph, "stem") == Shape{1, 8, 8, 16});
  CHECK(output_shape(graph, "stage1.block1.project") == Shape{1, 4, 4, 16});
  CHECK(output_shape(graph, "pool") == Shape{1, 1, 1, 24});
  CHECK(output_shape(graph, "classifier") == Shape{1, 10});
}

TEST_CASE("multiply-accumulates of a small subnet agree with the hand calculation", "[search][graph]") {
  const Subnet subnet{16, 1.0, {{{3, 2}}, {{5, 3}}}};
  // stem   8*8 positions * 3*3*3*16        =  27648
  // first  8*8 * (3*3*16 + 16*8)           =  17408
  // s1b1   8*8*8*16 + 4*4*(3*3*16 + 16*16) =   8192 + 6400
  // s2b1   4*4*(16*48 + 5*5*48 + 48*24)    =  49920
  // head   24*10                           =    240
  const std::int64_t expected = 27648 + 17408 + 8192 + 6400 + 49920 + 240;
  CHECK(macs(test::tiny_space(), subnet) == expected);
  CHECK(macs(to_graph(test::tiny_space(), subnet)) == expected);
  // weights and biases
  const std::int64_t constants = (432 + 16) + (144 + 16 + 128 + 8) + (128 + 16 + 144 + 16 + 256 + 16) +
                                 (768 + 48 + 1200 + 48 + 1152 + 24) + (240 + 10);
  CHECK(params(test::tiny_space(), subnet) == constants);
  CHECK(params(to_graph(test::tiny_space(), subnet)) == constants);
}

TEST_CASE("graphs are sound and the quick costs are theirs", "[search][graph]") {
  SearchSpace space = test::tiny_space();
  space.resolutions = {9, 16, 31, 64};  // odd sizes too
  space.first_block_base_width = GENERATE(0, 8);
  Rng rng({9});
  for (int i = 0; i < 100; ++i) {
    const Subnet subnet = sample(space, rng);
    const Graph graph = to_graph(space, subnet);
    CHECK(validate(graph).empty());
    CHECK(macs(graph) == macs(space, subnet));
    CHECK(params(graph) == params(space, subnet));
  }
}

TEST_CASE("the published MCUNet networks have their published costs", "[search][graph]") {
  const SearchSpace space = test::published_space();
  for (const Published& net : kPublished) {
    INFO(net.name);
    const auto subnet = parse_subnet(net.text, space);
    REQUIRE(subnet.has_value());
    CHECK(std::round(macs(space, *subnet) / 1e5) / 10 == Approx(net.macs_millions));
    CHECK(params(space, *subnet) / 1e6 == Approx(net.params_millions).epsilon(0.02));
  }
}

TEST_CASE("a shortcut needs stride 1 and equal channels", "[search][graph]") {
  const SearchSpace space = test::published_space();
  Rng rng({10});
  for (const BlockLayout& block : layout_of(space, sample(space, rng)).blocks) {
    CHECK(block.has_shortcut() == (block.block > 0));
    CHECK(block.mid_channels % 8 == 0);
  }
}
