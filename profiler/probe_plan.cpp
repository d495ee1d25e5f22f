#include "profiler/probe_plan.hpp"

#include "graph/base/hash.hpp"

namespace thimble {
std::string ProbePlan::hash() const {
  std::uint64_t hash = fnv1a64(&arena_bytes, sizeof arena_bytes);
  for (const ProbeLayer& layer : layers) {
    hash = fnv1a64(layer.words.data(), sizeof layer.words, hash);
    hash = fnv1a64(&layer.weight_bytes, sizeof layer.weight_bytes, hash);
  }
  return to_hex(hash);
}

ProbePlan probe_plan(const Plan& plan, const Graph& graph) {
  ProbePlan result;
  result.arena_bytes = plan.arena_bytes;
  for (const Step* step : plan.steps()) {
    const Operator& op = graph.operators.at(static_cast<std::size_t>(step->op));
    ProbeLayer layer{.name = op.name, .op = to_text(op.type), .macs = macs(graph, op)};
    layer.weight_bytes = static_cast<std::uint32_t>(step->weight_bytes);
    thimble_layer_to_words(&step->layer, step->kernel, layer.words.data());
    result.layers.push_back(std::move(layer));
  }
  return result;
}

}  // namespace thimble
