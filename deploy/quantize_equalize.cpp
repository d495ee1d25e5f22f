#include "deploy/quantize_equalize.hpp"

#include <algorithm>
#include <cmath>

#include "deploy/simplify/graph_edit.hpp"
#include "graph/float_interpreter.hpp"

namespace thimble {
namespace {

constexpr float kReluCeiling = 6;
constexpr float kRoom = 9.0f / 8;
/// No channel is scaled by more than this: its noise is small against the others' by then.
constexpr float kLargestFactor = 64;

std::vector<float>& values(Graph& graph, int tensor) { return std::get<std::vector<float>>(graph.tensor(tensor).data); }

/// Largest magnitude of each channel (last dimension) of each activation over the inputs.
std::vector<std::vector<float>> channel_magnitudes(const Graph& graph, std::span<const std::vector<float>> inputs) {
  const FloatInterpreter interpreter(graph);
  FloatWorkspace workspace = interpreter.workspace();
  std::vector<std::vector<float>> magnitudes(graph.tensors.size());
  for (std::size_t i = 0; i < magnitudes.size(); ++i)
    if (!graph.tensors[i].constant && !graph.tensors[i].shape.empty())
      magnitudes[i].assign(static_cast<std::size_t>(graph.tensors[i].shape.back()), 0);
  for (const std::vector<float>& input : inputs) {
    interpreter.run(input, workspace);
    for (std::size_t i = 0; i < magnitudes.size(); ++i) {
      std::vector<float>& largest = magnitudes[i];
      for (std::size_t k = 0; !largest.empty() && k < workspace.values[i].size(); ++k)
        largest[k % largest.size()] = std::max(largest[k % largest.size()], std::abs(workspace.values[i][k]));
    }
  }
  return magnitudes;
}

/// A tensor between operators with weights.
struct Link {
  int tensor = 0;
  const Operator* writer = nullptr;
  std::vector<const Operator*> readers;
};

std::vector<Link> links_of(const Graph& graph) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  std::vector<Link> links;
  for (const Operator& op : graph.operators) {
    if (!has_filters(op.type) || is_output(graph, op.outputs[0])) continue;
    Link link{op.outputs[0], &op, {}};
    for (int reader : readers[static_cast<std::size_t>(link.tensor)])
      link.readers.push_back(&graph.operators[static_cast<std::size_t>(reader)]);
    const std::size_t channels = static_cast<std::size_t>(graph.tensor(link.tensor).shape.back());
    const bool weighs = std::all_of(link.readers.begin(), link.readers.end(), [&](const Operator* reader) {
      return has_filters(reader->type) &&
             static_cast<std::size_t>(graph.tensor(reader->inputs[1]).shape.back()) == channels;
    });
    if (weighs && !link.readers.empty()) links.push_back(std::move(link));
  }
  return links;
}

/// Constants that two operators read cannot be scaled for one of them.
bool shares_constants(const Graph& graph, const Link& link) {
  const std::vector<std::vector<int>> readers = readers_of(graph);
  const auto is_shared = [&](int tensor) { return readers[static_cast<std::size_t>(tensor)].size() != 1; };
  if (is_shared(link.writer->inputs[1]) || is_shared(link.writer->inputs[2])) return true;
  return std::any_of(link.readers.begin(), link.readers.end(),
                     [&](const Operator* reader) { return is_shared(reader->inputs[1]); });
}

/// Largest weight of each input channel over the readers that share scales between channels; empty: none does.
std::vector<float> reader_magnitudes(const Graph& graph, const Link& link, std::size_t channels) {
  std::vector<float> largest;
  for (const Operator* reader : link.readers) {
    if (reader->type == OpType::kDepthwiseConv2D) continue;
    largest.resize(channels, 0);
    const auto& weights = std::get<std::vector<float>>(graph.tensor(reader->inputs[1]).data);
    for (std::size_t i = 0; i < weights.size(); ++i)
      largest[i % channels] = std::max(largest[i % channels], std::abs(weights[i]));
  }
  return largest;
}

/// What each channel is divided by, up to a common factor; 1 where nothing is known of it.
std::vector<float> divisors(const std::vector<float>& activations, const std::vector<float>& weights) {
  std::vector<float> result(activations.size(), 1);
  const float most = *std::max_element(activations.begin(), activations.end());
  const float heaviest = weights.empty() ? 1 : *std::max_element(weights.begin(), weights.end());
  for (std::size_t c = 0; c < result.size(); ++c) {
    if (activations[c] <= 0 || heaviest <= 0) continue;
    float divisor = activations[c] / most;
    if (!weights.empty()) {
      if (weights[c] <= 0) continue;
      divisor = std::sqrt(divisor / (weights[c] / heaviest));
    }
    result[c] = std::clamp(divisor, 1 / kLargestFactor, kLargestFactor);
  }
  return result;
}

/// With a ceiling, channels may only grow, and only to below it.
void keep_below_ceiling(const std::vector<float>& activations, std::vector<float>& divisor) {
  for (std::size_t c = 0; c < divisor.size(); ++c)
    divisor[c] = std::min(1.0f, std::max(divisor[c], activations[c] * kRoom / kReluCeiling));
}

/// Multiplies the weights of each channel; filters of the writer come in rows, unless it is depthwise.
void scale_filters(Graph& graph, const Operator& writer, const std::vector<float>& divisor) {
  std::vector<float>&weights = values(graph, writer.inputs[1]), &bias = values(graph, writer.inputs[2]);
  const std::size_t depth = weights.size() / bias.size();
  const bool depthwise = writer.type == OpType::kDepthwiseConv2D;
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] /= divisor[depthwise ? i % bias.size() : i / depth];
  for (std::size_t c = 0; c < bias.size(); ++c) bias[c] /= divisor[c];
}

}  // namespace

Graph equalized(const Graph& original, std::span<const std::vector<float>> inputs) {
  Graph graph = original;
  const std::vector<std::vector<float>> magnitudes = channel_magnitudes(original, inputs);
  for (const Link& link : links_of(original)) {
    const std::vector<float>& activations = magnitudes[static_cast<std::size_t>(link.tensor)];
    if (shares_constants(graph, link)) continue;
    if (*std::max_element(activations.begin(), activations.end()) <= 0) continue;
    std::vector<float> divisor = divisors(activations, reader_magnitudes(graph, link, activations.size()));
    if (link.writer->activation == Activation::kRelu6) keep_below_ceiling(activations, divisor);
    scale_filters(graph, *link.writer, divisor);
    for (const Operator* reader : link.readers) {
      std::vector<float>& weights = values(graph, reader->inputs[1]);
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= divisor[i % divisor.size()];
    }
  }
  return graph;
}

}  // namespace thimble
