#include "deploy/packed_model.hpp"

#include "deploy/pack/pack.hpp"
#include "graph/base/error.hpp"

namespace thimble {

std::vector<std::vector<std::uint32_t>> pack_model(const Plan& plan, const Graph& graph) {
  std::vector<std::vector<std::uint32_t>> packed;
  for (const Step* step : plan.steps()) {
    const Operator& op = graph.operators.at(static_cast<std::size_t>(step->op));
    Result<std::vector<std::uint32_t>, std::string> words = pack(graph, op, step->kernel);
    if (!words) throw Error(op.name + ": " + words.error());
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
