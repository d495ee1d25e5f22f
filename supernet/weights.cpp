#include "supernet/weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

/// Hidden channel c of all three layers of a block becomes the old channel order[c].
void permute_hidden(LayerWeights& expand, LayerWeights& depthwise, LayerWeights& project,
                    const std::vector<int>& order) {
  const auto hidden = order.size();
  const LayerWeights e = expand, d = depthwise, p = project;
  const auto in = static_cast<std::size_t>(e.in_channels), out = static_cast<std::size_t>(p.out_channels);
  for (std::size_t c = 0; c < hidden; ++c) {
    const auto from = static_cast<std::size_t>(order[c]);
    std::copy_n(&e.weights[from * in], in, &expand.weights[c * in]);
    for (std::size_t t = 0; t < d.weights.size(); t += hidden) depthwise.weights[t + c] = d.weights[t + from];
    for (std::size_t o = 0; o < out; ++o) project.weights[o * hidden + c] = p.weights[o * hidden + from];
    expand.scale[c] = e.scale[from];
    expand.shift[c] = e.shift[from];
    depthwise.scale[c] = d.scale[from];
    depthwise.shift[c] = d.shift[from];
  }
}

std::vector<int> by_importance(const LayerWeights& project) {
  std::vector<float> norms(static_cast<std::size_t>(project.in_channels), 0.0f);
  for (std::size_t i = 0; i < project.weights.size(); ++i) norms[i % norms.size()] += std::abs(project.weights[i]);
  std::vector<int> order(norms.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return norms[static_cast<std::size_t>(a)] > norms[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace

void sort_hidden_channels(SupernetWeights& weights) {
  for (std::size_t i = 0; i + 2 < weights.layers.size(); ++i) {
    LayerWeights& expand = weights.layers[i];
    if (!expand.name.ends_with(".expand")) continue;
    permute_hidden(expand, weights.layers[i + 1], weights.layers[i + 2], by_importance(weights.layers[i + 2]));
  }
}

void write_weights(BinaryWriter& writer, const SupernetWeights& weights) {
  writer.put(static_cast<std::uint64_t>(weights.layers.size()));
  for (const LayerWeights& layer : weights.layers) {
    writer.put(std::string_view(layer.name));
    writer.put(layer.weights);
    writer.put(layer.scale);
    writer.put(layer.shift);
  }
}

void read_weights(BinaryReader& reader, SupernetWeights& weights, const std::string& path) {
  const auto layers = reader.get<std::uint64_t>();
  if (layers != weights.layers.size())
    throw Error(path + ": holds " + std::to_string(layers) + " layers; the space " + weights.space.name + " has " +
                std::to_string(weights.layers.size()));
  for (LayerWeights& layer : weights.layers) {
    const std::string name = reader.get_text();
    std::vector<float> values = reader.get_vector<float>();
    std::vector<float> scale = reader.get_vector<float>(), shift = reader.get_vector<float>();
    if (name != layer.name || values.size() != layer.weights.size() || scale.size() != layer.scale.size() ||
        shift.size() != layer.shift.size())
      throw Error(path + ": holds the weights of another space: " + name + " differs from " + layer.name + " of " +
                  weights.space.name);
    layer.weights = std::move(values);
    layer.scale = std::move(scale);
    layer.shift = std::move(shift);
  }
}

std::vector<float> active_weights(const LayerWeights& shared, const Layer& layer) {
  const bool depthwise = layer.kind == LayerKind::kDepthwise;
  const int rows = depthwise ? layer.kernel : layer.out_channels, columns = depthwise ? layer.kernel : 1;
  const int run = depthwise                        ? layer.out_channels
                  : layer.kind == LayerKind::kStem ? 9 * layer.in_channels
                                                   : layer.in_channels;
  const int row_stride =
      depthwise ? shared.kernel * shared.out_channels : static_cast<int>(shared.weights.size()) / shared.out_channels;
  const int border = depthwise ? (shared.kernel - layer.kernel) / 2 : 0;
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * static_cast<std::size_t>(run));
  for (int r = 0; r < rows; ++r) {
    for (int j = 0; j < columns; ++j) {
      const auto start = shared.weights.begin() + (r + border) * row_stride + (j + border) * shared.out_channels;
      packed.insert(packed.end(), start, start + run);
    }
  }
  return packed;
}

}  // namespace thimble
