#include "deploy/inspection.hpp"

#include "deploy/packed_model.hpp"

namespace thimble {
namespace {

std::optional<LayerWindow> window_of(const Operator& op) {
  switch (op.type) {
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
    case OpType::kAveragePool2D:
    case OpType::kMaxPool2D:
      return LayerWindow{op.kernel_h, op.kernel_w, op.stride_h, op.stride_w};
    default:
      return {};
  }
}

LayerInspection inspect_layer(const Graph& graph, const Plan& plan, const Step& step) {
  const Operator& op = graph.operators.at(static_cast<std::size_t>(step.op));
  LayerInspection layer;
  layer.name = op.name;
  layer.op = to_text(op.type);
  layer.kernel = step.kernel_name();
  layer.macs = macs(graph, op);
  const auto add_range = [&](int tensor) {
    const std::int64_t begin = plan.offsets.at(static_cast<std::size_t>(tensor));
    layer.arena.push_back({begin, begin + graph.tensor(tensor).elements()});
  };
  for (int tensor : op.inputs)
    if (!graph.tensor(tensor).constant) {
      add_range(tensor);
      layer.in_shapes.push_back(graph.tensor(tensor).shape);
    }
  add_range(op.outputs.at(0));
  layer.out_shape = graph.tensor(op.outputs.at(0)).shape;
  layer.window = window_of(op);
  layer.scratch_bytes = step.layer.scratch_bytes;
  layer.in_place = step.in_place;
  return layer;
}

}  // namespace

Inspection inspect(const Graph& graph, const CodeInventory& inventory, const PlanOptions& options,
                   const MemoryLimits& limits) {
  Inspection result;
  result.macs = macs(graph);
  result.params = params(graph);
  const Result<FittedPlan, PlanError> fitted = fit_plan(graph, options, inventory, limits);
  if (!fitted) {
    result.unsupported = fitted.error().unsupported;
    return result;
  }
  const Plan& plan = fitted->plan;
  result.unsupported = packing_problems(plan, graph);
  if (!result.unsupported.empty()) return result;
  result.arena_lower_bound_bytes = plan.arena_lower_bound_bytes;
  result.size = fitted->size;
  for (const Step* step : plan.steps()) result.layers.push_back(inspect_layer(graph, plan, *step));
  return result;
}

}  // namespace thimble
