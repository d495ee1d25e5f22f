#include "deploy/host_executor.hpp"

#include <algorithm>

#include "deploy/packed_model.hpp"
#include "graph/base/check.hpp"

namespace thimble {

HostExecutor::HostExecutor(const Plan& plan, const Graph& graph)
    : plan_(plan), weights_(pack_model(plan, graph)), arena_(static_cast<std::size_t>(plan.arena_bytes / 8)) {
  for (const Step* step : plan_.steps()) {
    thimble_layer layer = quantized_layer(*step, graph);
    const std::vector<std::uint32_t>& weights = weights_[layers_.size()];
    layer.weights = weights.empty() ? nullptr : weights.data();
    layers_.push_back(layer);
  }
  const thimble_status status = thimble_prepare(layers_.data(), static_cast<std::uint32_t>(layers_.size()), arena(),
                                                static_cast<std::uint32_t>(plan.arena_bytes));
  THIMBLE_CHECK(status == THIMBLE_OK, "the runtime refuses the plan: " + std::to_string(status));
}

std::vector<std::int8_t> HostExecutor::run(std::span<const std::int8_t> input, const Observer& observer) {
  THIMBLE_CHECK(static_cast<std::int64_t>(input.size()) == plan_.input_bytes, "size of the input");
  std::copy(input.begin(), input.end(), arena() + plan_.input_offset);
  const std::vector<const Step*> steps = plan_.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    thimble_run_layer(&layers_[i], arena());
    const thimble_layer& layer = layers_[i];
    const std::size_t bytes = std::size_t{layer.out_h} * layer.out_w * layer.out_c;
    const bool done = i + 1 == steps.size() || steps[i + 1]->part == 0;
    if (observer && done) observer(*steps[i], {arena() + layer.output, bytes});
  }
  std::vector<std::int8_t> outputs;
  for (const PlacedOutput& output : plan_.outputs)
    outputs.insert(outputs.end(), arena() + output.offset, arena() + output.offset + output.bytes);
  return outputs;
}

}  // namespace thimble
