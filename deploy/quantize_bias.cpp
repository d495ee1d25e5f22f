#include "deploy/quantize_bias.hpp"

#include <algorithm>
#include <cmath>

#include "deploy/simplify/graph_edit.hpp"
#include "graph/float_interpreter.hpp"

namespace thimble {
namespace {

constexpr double kLargestBias = 1 << 30;

/// Rounded minus real weights.
std::vector<float> weight_errors(const Tensor& real, const Tensor& int8) {
  const auto& weights = std::get<std::vector<float>>(real.data);
  const auto& steps = std::get<std::vector<std::int8_t>>(int8.data);
  const Quantization& q = int8.quantization;
  const std::size_t channels = q.scales.size();
  const std::size_t depth = q.axis == 0 ? weights.size() / channels : 1;
  std::vector<float> errors;
  for (std::size_t i = 0; i < weights.size(); ++i)
    errors.push_back(q.scales[i / depth % channels] * static_cast<float>(steps[i]) - weights[i]);
  return errors;
}

/// One operator of the int8 graph, and the tensor that its error is written to.
struct Probe {
  std::size_t op = 0, tensor = 0;
};

/// The real graph, and beside each operator with weights one with their errors for weights.
std::vector<Probe> add_probes(Graph& graph, const Graph& int8) {
  std::vector<Probe> probes;
  std::vector<Operator> operators;
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator op = graph.operators[i];
    operators.push_back(op);
    if (!has_filters(op.type)) continue;
    Tensor weights = graph.tensor(op.inputs[1]), bias = graph.tensor(op.inputs[2]),
           output = graph.tensor(op.outputs[0]);
    weights.data = weight_errors(graph.tensor(op.inputs[1]), int8.tensor(op.inputs[1]));
    bias.data = std::vector<float>(static_cast<std::size_t>(bias.elements()), 0.0f);
    Operator probe = op;
    probe.activation = Activation::kNone;
    probe.inputs = {op.inputs[0], graph.add(std::move(weights)), graph.add(std::move(bias))};
    probe.outputs = {graph.add(std::move(output))};
    probes.push_back({i, static_cast<std::size_t>(probe.outputs[0])});
    operators.push_back(std::move(probe));
  }
  graph.operators = std::move(operators);
  return probes;
}

/// Mean over inputs and pixels, per probe and channel.
std::vector<std::vector<double>> mean_errors(const Graph& graph, const std::vector<Probe>& probes,
                                             std::span<const std::vector<float>> inputs) {
  const FloatInterpreter interpreter(graph);
  FloatWorkspace workspace = interpreter.workspace();
  std::vector<std::vector<double>> means;
  for (const Probe& probe : probes)
    means.emplace_back(static_cast<std::size_t>(graph.tensors[probe.tensor].shape.back()), 0.0);
  for (const std::vector<float>& input : inputs) {
    interpreter.run(input, workspace);
    for (std::size_t p = 0; p < probes.size(); ++p) {
      const std::vector<float>& errors = workspace.values[probes[p].tensor];
      const std::size_t channels = means[p].size();
      const double share = static_cast<double>(channels) / static_cast<double>(errors.size() * inputs.size());
      for (std::size_t i = 0; i < errors.size(); ++i) means[p][i % channels] += share * double{errors[i]};
    }
  }
  return means;
}

}  // namespace

void correct_biases(const Graph& real, Graph& int8, std::span<const std::vector<float>> inputs) {
  Graph probed = real;
  const std::vector<Probe> probes = add_probes(probed, int8);
  const std::vector<std::vector<double>> means = mean_errors(probed, probes, inputs);
  for (std::size_t p = 0; p < probes.size(); ++p) {
    Tensor& bias = int8.tensor(int8.operators[probes[p].op].inputs[2]);
    const std::vector<float>& steps = bias.quantization.scales;
    auto& values = std::get<std::vector<std::int32_t>>(bias.data);
    for (std::size_t c = 0; c < values.size(); ++c) {
      const double correction = means[p][c] / double{steps[steps.size() == 1 ? 0 : c]};
      values[c] =
          static_cast<std::int32_t>(std::clamp(std::round(values[c] - correction), -kLargestBias, kLargestBias));
    }
  }
}

}  // namespace thimble
