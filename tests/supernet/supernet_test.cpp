#include "supernet/supernet.hpp"

#include <cmath>
#include <fstream>

#include "graph/base/error.hpp"
#include "graph/float_interpreter.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/data/rendered.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/weights.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/pictures.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// Batch norms away from one and zero, so that a wrong slice or fold shows.
Supernet random_supernet() {
  Supernet supernet(small_space(), 5);
  Rng rng({11});
  for (LayerWeights& layer : supernet.weights().layers) {
    for (float& value : layer.scale) value = static_cast<float>(rng.uniform(0.5, 1.5));
    for (float& value : layer.shift) value = static_cast<float>(rng.uniform(-0.3, 0.6));
  }
  return supernet;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
  return worst;
}

/// Logits of an extracted graph, by the float interpreter.
std::vector<float> interpreted(const Graph& graph, const ImageSet& images, int resolution) {
  const FloatInterpreter network(graph);
  FloatWorkspace workspace = network.workspace();
  std::vector<float> logits;
  for (int i = 0; i < images.count(); ++i) {
    std::vector<float> input;
    for (std::int8_t value : quantized_input(images, i, resolution)) input.push_back(static_cast<float>(value) / 128);
    network.run(input, workspace);
    const auto& answer = workspace.values[static_cast<std::size_t>(graph.outputs[0])];
    logits.insert(logits.end(), answer.begin(), answer.end());
  }
  return logits;
}

}  // namespace

TEST_CASE("an extracted subnet computes what the supernet does when set to it", "[supernet]") {
  const Supernet supernet = random_supernet();
  const ImageSet pictures = render_figures(24, 24, 3, 0, 1);
  SubnetAccuracy accuracy(supernet, pictures, pictures, {2, 12, 1});
  std::vector<Subnet> subnets{largest(supernet.space()), smallest(supernet.space())};
  Rng rng({3});
  for (int i = 0; i < 12; ++i) subnets.push_back(sample(supernet.space(), rng));
  for (const Subnet& subnet : subnets) {
    INFO(to_text(subnet));
    const Graph graph = accuracy.extract(subnet);
    CHECK(validate(graph).empty());
    CHECK(largest_difference(interpreted(graph, pictures, subnet.resolution), accuracy.logits(subnet)) < 1e-4);
  }
}

TEST_CASE("statistics are measured anew for every subnet: the outputs of its norms have its shift as mean",
          "[supernet]") {
  // With 12 calibration pictures in one batch, the logits' inputs of the last norm average to its shift.
  const Supernet supernet = random_supernet();
  const ImageSet pictures = render_figures(12, 24, 3, 0, 1);
  SubnetAccuracy accuracy(supernet, pictures, pictures, {1, 12, 1});
  const Subnet subnet = smallest(supernet.space());
  const std::vector<float> logits = accuracy.logits(subnet);
  const LayerWeights& last = supernet.weights().layers[supernet.weights().layers.size() - 1];
  const auto layers = layers_of(supernet.space(), subnet);
  const Layer& project = layers[layers.size() - 2];
  REQUIRE_FALSE(project.adds_shortcut);
  const auto& shift = supernet.weights().layers[static_cast<std::size_t>(project.weights)].shift;
  for (int o = 0; o < 2; ++o) {
    double mean = 0, expected = last.shift[static_cast<std::size_t>(o)];
    for (std::size_t i = 0; i < 12; ++i) mean += logits[2 * i + static_cast<std::size_t>(o)] / 12;
    for (int c = 0; c < project.out_channels; ++c)
      expected += last.weights[static_cast<std::size_t>(o * last.in_channels + c)] * shift[static_cast<std::size_t>(c)];
    CHECK(mean == Approx(expected).margin(1e-4));
  }
}

TEST_CASE("accuracy does not depend on the number of threads", "[supernet]") {
  const Supernet supernet = random_supernet();
  const ImageSet pictures = render_figures(50, 24, 3, 0, 1);
  const Subnet subnet = largest(supernet.space());
  SubnetAccuracy one(supernet, pictures, pictures, {4, 10, 1}), three(supernet, pictures, pictures, {4, 10, 3});
  CHECK(one.logits(subnet) == three.logits(subnet));
  CHECK(one.top1(subnet) == three.top1(subnet));
}

TEST_CASE("sorting hidden channels changes their order and not the largest subnet", "[supernet]") {
  Supernet supernet = random_supernet();
  const ImageSet pictures = render_figures(12, 24, 3, 0, 1);
  const Subnet subnet = largest(supernet.space());
  const std::vector<float> before = SubnetAccuracy(supernet, pictures, pictures, {1, 12, 1}).logits(subnet);
  const std::uint64_t weights = supernet.fingerprint();
  sort_hidden_channels(supernet.weights());
  CHECK(supernet.fingerprint() != weights);
  CHECK(largest_difference(SubnetAccuracy(supernet, pictures, pictures, {1, 12, 1}).logits(subnet), before) < 1e-4);
  const std::uint64_t sorted = supernet.fingerprint();
  sort_hidden_channels(supernet.weights());
  CHECK(supernet.fingerprint() == sorted);
}

TEST_CASE("the active weights are the centre of the kernel and the first channels", "[supernet]") {
  LayerWeights shared{"x.dw", LayerKind::kDepthwise, 8, 8, 5, {}, {}, {}};
  for (int i = 0; i < 5 * 5 * 8; ++i) shared.weights.push_back(static_cast<float>(i));
  const Layer layer{"x.dw", LayerKind::kDepthwise, 0, 2, 2, 3, 1};
  const std::vector<float> active = active_weights(shared, layer);
  REQUIRE(active.size() == 18);
  CHECK(active[0] == 48);  // row 1, column 1, channel 0: (1 * 5 + 1) * 8
  CHECK(active[1] == 49);
  CHECK(active[17] == 145);  // row 3, column 3, channel 1: (3 * 5 + 3) * 8 + 1
}

TEST_CASE("a supernet is a function of its seed, and is read back as it was written", "[supernet]") {
  const TemporaryFolder folder;
  const Supernet supernet(small_space(), 5);
  CHECK(Supernet(small_space(), 5).fingerprint() == supernet.fingerprint());
  CHECK(Supernet(small_space(), 6).fingerprint() != supernet.fingerprint());
  const std::string path = folder / "weights.bin";
  supernet.save(path);
  CHECK(Supernet::load(path, small_space()).fingerprint() == supernet.fingerprint());

  SECTION("weights of another space are refused") {
    SearchSpace other = small_space();
    other.stages[0].base_width = 40;
    CHECK_THROWS_WITH(Supernet::load(path, other), Catch::Contains("stage1.block1.project"));
  }
  SECTION("a damaged file is refused") {
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(500).put('x');
    CHECK_THROWS_WITH(Supernet::load(path, small_space()), Catch::Contains("checksum"));
  }
  SECTION("a cut file is refused") {
    std::filesystem::resize_file(path, 100);
    CHECK_THROWS_WITH(Supernet::load(path, small_space()), Catch::Contains("length"));
  }
  SECTION("a folder that does not exist is named") {
    CHECK_THROWS_AS(supernet.save(folder / "no" / "weights.bin"), Error);
  }
}

TEST_CASE("kernel sizes that cannot be trained are refused", "[supernet]") {
  SearchSpace space = small_space();
  space.stages[0].kernel_sizes = {3, 9};
  CHECK_THROWS_WITH(Supernet(space, 1), Catch::Contains("kernel size 9"));
}
