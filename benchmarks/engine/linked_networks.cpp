#include "benchmarks/engine/linked_networks.hpp"

#include <algorithm>
#include <cmath>

#include "deploy/quantize.hpp"
#include "deploy/random_weights.hpp"
#include "deploy/simplify/crop_windows.hpp"
#include "deploy/simplify/simplify.hpp"
#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/tflite_import.hpp"
#include "search/space/network_config.hpp"
#include "search/space/subnet.hpp"

namespace fs = std::filesystem;

namespace thimble::linked {
namespace {

/// What the spaces of configs/ lack: odd sizes, windows larger than their picture, layers of 8 channels.
SearchSpace odd_space() {
  SearchSpace space;
  space.name = "odd";
  space.classes = 3;
  space.resolutions = {17, 23, 31, 45, 50};
  space.width_multipliers = {0.35, 0.5, 1.0};
  space.stem_base_width = 16;
  space.first_block_base_width = 8;
  space.stages = {{16, 2, {1, 2}, {3, 5, 7}, {2, 3, 5}},
                  {24, 2, {1, 2, 3}, {3, 5, 7}, {3, 4, 6}},
                  {40, 2, {1, 2}, {3, 5, 7}, {3, 4}}};
  return space;
}

/// Values in [-1, 1), as pictures have them.
std::vector<float> random_picture(const Graph& graph, std::initializer_list<std::uint64_t> seed) {
  Rng rng(seed);
  std::vector<float> values;
  for (std::int64_t i = 0; i < graph.tensor(graph.inputs.at(0)).elements(); ++i)
    values.push_back(static_cast<float>(std::clamp(0.4 * rng.normal(), -1.0, 0.992)));
  return values;
}

/// Ranges of one picture. Every other network is quantised as a job does it by default: equalised weights have other
/// forms in the kernels, and the bytes must not depend on them.
Graph quantized_with_random_weights(Graph graph, std::uint64_t seed) {
  fill_random_weights(graph, seed);
  QuantizeOptions options;
  if (seed % 2 == 0) {
    options.calibration.method = RangeMethod::kMinMax;
    options.equalize = options.bias_correction = false;
  }
  const std::vector<std::vector<float>> pictures(1, random_picture(graph, {seed, 1}));
  return quantize(graph, pictures, options);
}

KnownAnswers reference_answers(const Graph& int8_graph, std::uint64_t seed, int cases) {
  KnownAnswers answers;
  if (cases == 0) return answers;
  const Int8Interpreter reference(int8_graph);
  Int8Workspace workspace = reference.workspace();
  Rng rng({seed, 2});
  for (int i = 0; i < cases; ++i) {
    std::vector<std::int8_t> input(static_cast<std::size_t>(int8_graph.tensor(int8_graph.inputs.at(0)).elements()));
    for (std::int8_t& value : input) value = static_cast<std::int8_t>(rng.between(-128, 127));
    reference.run(input, workspace);
    answers.inputs.insert(answers.inputs.end(), input.begin(), input.end());
    for (const int output : int8_graph.outputs) {
      const std::vector<std::int8_t>& values = workspace.values[static_cast<std::size_t>(output)];
      answers.outputs.insert(answers.outputs.end(), values.begin(), values.end());
    }
  }
  return answers;
}

/// As cli/ deploys a subnet: planned from shapes, its windows cropped.
Network network_of(const std::string& name, const Graph& graph, std::uint64_t seed, int cases) {
  Network network{.name = name, .shapes = graph, .deployed = quantized_with_random_weights(graph, seed), .answers = {}};
  network.answers = reference_answers(network.deployed, seed, cases);
  crop_windows(network.shapes);
  crop_windows(network.deployed);
  return network;
}

void keep_small(SearchSpace& space, int max_resolution) {
  const int smallest = space.resolutions.front();
  std::erase_if(space.resolutions, [&](int r) { return r > max_resolution && r != smallest; });
}

}  // namespace

Network random_subnet(const std::vector<fs::path>& files, std::uint64_t seed, int index, int max_resolution,
                      int cases) {
  const auto turn = static_cast<std::size_t>(index) % (files.size() + 1);
  SearchSpace space = turn < files.size() ? load_space(files[turn]) : odd_space();
  keep_small(space, max_resolution);
  const auto number = static_cast<std::uint64_t>(index);
  Rng rng({seed, number});
  const Subnet subnet = sample(space, rng);
  const std::string name =
      space.name + " seed " + std::to_string(seed) + " number " + std::to_string(index) + " " + to_text(subnet);
  return network_of(name, to_graph(space, subnet), seed * 1000 + number, cases);
}

Network network_of_file(const fs::path& file) {
  if (file.extension() == ".json") return network_of(file.stem(), load_network_config(file), 1, 0);
  auto imported = load_tflite(file);
  if (!imported) throw Error(file.string() + ": has operators that cannot be imported");
  Graph graph = simplify(*imported).graph;
  return {.name = file.stem(), .shapes = graph, .deployed = graph, .answers = {}};
}

}  // namespace thimble::linked
