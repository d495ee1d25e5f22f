#include <cmath>

#include "graph/float_interpreter.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/data/rendered.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/trainer.hpp"
#include "supernet/weights.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/quiet.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

SearchSpace space_of(int channels) {
  SearchSpace space = small_space();
  space.input_channels = channels;
  return space;
}

/// The green of rendered pictures, in so many equal channels.
ImageSet green(int count, int channels) {
  const ImageSet colour = render_figures(count, 24, 3, 0, 1);
  ImageSet grey{colour.size, channels, colour.class_names, {}, colour.labels};
  for (std::size_t p = 1; p < colour.pixels.size(); p += 3)
    grey.pixels.insert(grey.pixels.end(), static_cast<std::size_t>(channels), colour.pixels[p]);
  return grey;
}

/// A supernet of one channel whose stem adds up the weights of the three channels of another.
Supernet summed(const Supernet& colour) {
  Supernet grey(space_of(1), 1);
  auto& layers = grey.weights().layers;
  for (std::size_t i = 1; i < layers.size(); ++i) layers[i] = colour.weights().layers[i];
  const LayerWeights& stem = colour.weights().layers[0];
  layers[0].scale = stem.scale;
  layers[0].shift = stem.shift;
  REQUIRE(layers[0].weights.size() * 3 == stem.weights.size());
  for (std::size_t i = 0; i < layers[0].weights.size(); ++i)
    layers[0].weights[i] = stem.weights[3 * i] + stem.weights[3 * i + 1] + stem.weights[3 * i + 2];
  return grey;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
  return worst;
}

}  // namespace

TEST_CASE("a grey picture is one of three equal channels, their weights added up", "[supernet][data]") {
  const Supernet colour(space_of(3), 5);
  const Supernet grey = summed(colour);
  const ImageSet one = green(24, 1), three = green(24, 3);
  SubnetAccuracy of_grey(grey, one, one, {2, 12, 1}), of_colour(colour, three, three, {2, 12, 1});
  for (const Subnet& subnet : {largest(colour.space()), smallest(colour.space())})
    CHECK(largest_difference(of_grey.logits(subnet), of_colour.logits(subnet)) < 1e-3);
}

TEST_CASE("grey pictures train with every augmentation, and the network's graph computes the same",
          "[supernet][data]") {
  const ImageSet pictures = green(64, 1);
  Supernet supernet(space_of(1), 5);
  TrainRecipe recipe;
  recipe.batch = 16;
  recipe.passes = 12;
  recipe.augmentation.crop_pixels = 2;
  recipe.augmentation.colour_jitter = 0.2;
  recipe.augmentation.operations = 2;
  recipe.augmentation.erase = 0.3;
  recipe.augmentation.mixup = 0.2;
  const std::uint64_t before = supernet.fingerprint();
  const auto report = train(supernet, pictures, recipe, quiet());
  REQUIRE(report);
  CHECK(std::isfinite(report->curve.back().loss));
  CHECK(supernet.fingerprint() != before);

  const ImageSet few = first_images(pictures, 12);
  SubnetAccuracy accuracy(supernet, few, few, {1, 12, 1});
  const Subnet subnet = largest(supernet.space());
  const Graph graph = accuracy.extract(subnet);
  REQUIRE(graph.tensor(graph.inputs.front()).shape.back() == 1);
  const FloatInterpreter network(graph);
  FloatWorkspace workspace = network.workspace();
  std::vector<float> logits;
  for (int i = 0; i < few.count(); ++i) {
    std::vector<float> input;
    for (std::int8_t value : quantized_input(few, i, subnet.resolution))
      input.push_back(static_cast<float>(value) / 128);
    network.run(input, workspace);
    const auto& answer = workspace.values[static_cast<std::size_t>(graph.outputs[0])];
    logits.insert(logits.end(), answer.begin(), answer.end());
  }
  CHECK(largest_difference(logits, accuracy.logits(subnet)) < 1e-4);
}
