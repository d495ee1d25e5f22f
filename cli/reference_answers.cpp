#include "cli/reference_answers.hpp"

#include <string>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

/// How a float32 input becomes int8; empty where it is int8 already.
Quantization input_quantization(const Graph& graph) {
  const int input = graph.inputs.front();
  if (graph.tensor(input).type == DataType::kInt8) return {};
  for (const Operator& op : graph.operators)
    if (op.type == OpType::kQuantize && op.inputs.at(0) == input) return graph.tensor(op.outputs.at(0)).quantization;
  throw ConfigError(
      {{"", 0, 0, "input", graph.tensor(input).name, "must be int8, or float32 with a QUANTIZE behind it"}});
}

int int8_source(const Graph& graph, int output) {
  for (const Operator& op : graph.operators)
    if (op.type == OpType::kDequantize && op.outputs.at(0) == output) return op.inputs.at(0);
  return output;
}

}  // namespace

ReferenceNetwork::ReferenceNetwork(const Graph& graph)
    : graph_(graph), network_(graph), workspace_(network_.workspace()), input_(input_quantization(graph)) {
  for (int output : graph.outputs) outputs_.push_back(int8_source(graph, output));
}

std::size_t ReferenceNetwork::input_bytes() const {
  return static_cast<std::size_t>(graph_.tensor(graph_.inputs.front()).elements());
}

void ReferenceNetwork::run(std::span<const std::int8_t> input) {
  if (input_.empty()) return network_.run(input, workspace_);
  std::vector<float> real;
  real.reserve(input.size());
  for (std::int8_t x : input) real.push_back(input_.scales[0] * static_cast<float>(x - input_.zero_points[0]));
  network_.run(std::span<const float>(real), workspace_);
}

void ReferenceNetwork::append_outputs(std::vector<std::int8_t>& outputs) const {
  for (int output : outputs_) {
    const std::vector<std::int8_t>& values = workspace_.values[static_cast<std::size_t>(output)];
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
}

KnownAnswers reference_answers(const Graph& graph, std::vector<std::int8_t> inputs) {
  ReferenceNetwork network(graph);
  const std::size_t bytes = network.input_bytes();
  if (inputs.empty() || inputs.size() % bytes != 0) {
    throw ConfigError({{"", 0, 0, "inputs", std::to_string(inputs.size()) + " bytes",
                        "must be whole int8 inputs of " + std::to_string(bytes) + " bytes"}});
  }
  KnownAnswers answers;
  for (std::size_t at = 0; at < inputs.size(); at += bytes) {
    network.run(std::span<const std::int8_t>(inputs).subspan(at, bytes));
    network.append_outputs(answers.outputs);
  }
  answers.inputs = std::move(inputs);
  return answers;
}

}  // namespace thimble
