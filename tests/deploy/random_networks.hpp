#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "deploy/quantize.hpp"
#include "deploy/random_weights.hpp"
#include "graph/base/rng.hpp"
#include "search/space/subnet.hpp"

namespace thimble::test {

/// A space of small networks with every kernel size, both strides, shortcuts and odd sizes.
inline SearchSpace small_space() {
  SearchSpace space;
  space.name = "small";
  space.classes = 3;
  space.resolutions = {16, 20, 23, 32, 48};
  space.width_multipliers = {0.35, 0.5, 1.0};
  space.stem_base_width = 16;
  space.first_block_base_width = 8;
  space.stages = {{16, 2, {1, 2}, {3, 5, 7}, {3, 4, 6}},
                  {24, 2, {1, 2, 3}, {3, 5, 7}, {3, 4, 6}},
                  {40, 1, {1, 2}, {3, 5, 7}, {3, 4}}};
  return space;
}

/// Pictures of blobs and noise, values in [-1, 1).
inline std::vector<std::vector<float>> random_inputs(const Graph& graph, int count, std::uint64_t seed) {
  std::vector<std::vector<float>> inputs;
  for (int n = 0; n < count; ++n) {
    Rng rng({seed, static_cast<std::uint64_t>(n)});
    const double level = rng.uniform(-0.5, 0.5);
    std::vector<float> values;
    for (std::int64_t i = 0; i < graph.tensor(graph.inputs.at(0)).elements(); ++i)
      values.push_back(static_cast<float>(std::fmax(-1, std::fmin(0.992, level + 0.4 * rng.normal()))));
    inputs.push_back(values);
  }
  return inputs;
}

struct RandomNetwork {
  Graph real, int8;
};

inline RandomNetwork random_network(std::uint64_t seed) {
  Rng rng({seed});
  const SearchSpace space = small_space();
  RandomNetwork network;
  network.real = to_graph(space, sample(space, rng));
  fill_random_weights(network.real, seed);
  QuantizedNetwork quantized = quantize_network(network.real, random_inputs(network.real, 8, seed));
  network.real = std::move(quantized.real);  // equalised
  network.int8 = std::move(quantized.int8);
  return network;
}

}  // namespace thimble::test
