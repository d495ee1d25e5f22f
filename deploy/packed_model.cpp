#include "deploy/packed_model.hpp"

#include <algorithm>

#include "deploy/pack/pack.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

bool has_values(const Graph& graph, const Operator& op) {
  if (graph.tensor(op.outputs.at(0)).quantization.empty()) return false;
  return std::none_of(op.inputs.begin(), op.inputs.end(), [&](int input) {
    const Tensor& tensor = graph.tensor(input);
    return tensor.constant && std::holds_alternative<std::monostate>(tensor.data);
  });
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace

std::vector<std::string> packing_problems(const Plan& plan, const Graph& graph) {
  std::vector<std::string> problems;
  for (const Step* step : plan.steps()) {
    const Operator& op = graph.operators.at(static_cast<std::size_t>(step->op));
    if (!has_values(graph, op)) continue;
    if (const auto words = pack(graph, op, step->kernel); !words) problems.push_back(words.error());
  }
  return problems;
}

std::vector<std::vector<std::uint32_t>> pack_model(const Plan& plan, const Graph& graph) {
  std::vector<std::vector<std::uint32_t>> packed;
  for (const Step* step : plan.steps()) {
    const Operator& op = graph.operators.at(static_cast<std::size_t>(step->op));
    Result<std::vector<std::uint32_t>, std::string> words = pack(graph, op, step->kernel);
    if (!words) throw Error(joined(packing_problems(plan, graph)));
    THIMBLE_CHECK(static_cast<std::int64_t>(4 * words->size()) == step->weight_bytes, op.name + ": packed size");
    packed.push_back(std::move(*words));
  }
  return packed;
}

thimble_layer quantized_layer(const Step& step, const Graph& graph) {
  thimble_layer layer =
      layer_shape(graph, graph.operators.at(static_cast<std::size_t>(step.op)), step.kernel, step.part);
  layer.kernel = thimble_kernel_by_id(static_cast<std::uint32_t>(step.kernel))->kernel;
  layer.input = step.layer.input;
  layer.input2 = step.layer.input2;
  layer.output = step.layer.output;
  layer.scratch = step.layer.scratch;
  layer.scratch_bytes = step.layer.scratch_bytes;
  layer.ring_rows = step.layer.ring_rows;
  return layer;
}

}  // namespace thimble
