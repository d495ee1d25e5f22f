#include "deploy/plan.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "deploy/kernel_cost.hpp"
#include "deploy/memory_plan.hpp"
#include "deploy/pack/depthwise.hpp"
#include "deploy/pack/elementwise.hpp"
#include "deploy/pack/pack.hpp"

namespace thimble {
namespace {

std::uint32_t kernel_scratch(const Step& step, const thimble_layer& layer) {
  return thimble_kernel_by_id(static_cast<std::uint32_t>(step.kernel))->scratch(&layer);
}

/// The tensor whose memory each tensor is: a reshape's output is its input.
std::vector<int> memory_owners(const Graph& graph) {
  std::vector<int> memory(graph.tensors.size());
  std::iota(memory.begin(), memory.end(), 0);
  for (const Operator& op : graph.operators)
    if (op.type == OpType::kReshape)
      memory[static_cast<std::size_t>(op.outputs.at(0))] = memory[static_cast<std::size_t>(op.inputs.at(0))];
  return memory;
}

std::vector<std::string> unsupported(const Graph& graph) {
  std::vector<std::string> reasons;
  if (graph.inputs.size() != 1)
    reasons.push_back("graph: has " + std::to_string(graph.inputs.size()) + " inputs, not one");
  if (graph.outputs.empty()) reasons.push_back("graph: has no output");
  bool computes = false;
  for (const Operator& op : graph.operators) {
    if (op.type == OpType::kReshape) continue;
    const Result<thimble_kernel_id, std::string> kernel = kernel_for(graph, op);
    if (!kernel) reasons.push_back(op.name + ": " + kernel.error());
    computes = true;
  }
  if (!computes) reasons.push_back("graph: has no operator that computes");
  return reasons;
}

/// All ways to compute each operator, the usual one first.
std::vector<std::vector<Step>> ways_of(const Graph& graph, const PlanOptions& options) {
  const bool small = options.mode == PlanMode::kSize || options.flash_budget_bytes > 0;
  std::vector<std::vector<Step>> ways;
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    if (op.type == OpType::kReshape) continue;
    std::vector<Step> steps;
    for (thimble_kernel_id kernel : kernels_for(graph, op, options.isa, small)) {
      Step step;
      step.op = static_cast<int>(i);
      step.kernel = kernel;
      step.layer = layer_shape(graph, op, kernel);
      step.weight_bytes = packed_bytes(graph, op, kernel);
      steps.push_back(step);
    }
    ways.push_back(std::move(steps));
  }
  return ways;
}

/// The chosen way of each operator.
std::vector<Step> steps_of(const std::vector<std::vector<Step>>& ways, const PlanOptions& options) {
  std::vector<std::vector<KernelOption>> layers;
  for (const std::vector<Step>& steps : ways) {
    std::vector<KernelOption>& layer = layers.emplace_back();
    for (const Step& step : steps)
      layer.push_back({step.kernel, modelled_cycles(step.kernel, step.layer), step.weight_bytes});
  }
  const std::vector<std::size_t> choice = choose_kernels(layers, options.mode, options.flash_budget_bytes);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < ways.size(); ++i) steps.push_back(ways[i][choice[i]]);
  return steps;
}

/// Takes a kernel away from an operator; the usual one stays.
bool drop_way(std::vector<Step>& ways, thimble_kernel_id kernel) {
  if (ways.at(0).kernel == kernel) return false;
  std::erase_if(ways, [&](const Step& step) { return step.kernel == kernel; });
  return true;
}

/// Bytes that the output must start before the input so that no row is overwritten before it was last read.
std::int64_t distance_without_ring(const thimble_layer& layer) {
  const std::int64_t in_row = std::int64_t{layer.in_w} * layer.in_c, out_row = std::int64_t{layer.out_w} * layer.out_c;
  std::int64_t distance = 0;
  for (std::int64_t y = 0; y < layer.out_h; y += 1 + layer.more_rows) {
    const std::int64_t rows = std::min<std::int64_t>(y + 1 + layer.more_rows, layer.out_h);
    distance =
        std::max(distance, rows * out_row - std::max<std::int64_t>(0, y * layer.stride_h - layer.pad_top) * in_row);
  }
  return (distance + 7) / 8 * 8;
}

/// The overlap at a distance, if the runtime can do that.
std::optional<Overlap> overlap_at(const Step& step, int input, std::int64_t distance) {
  constexpr std::uint32_t kHere = 0x20000000, kFarAway = 0x60000000;
  thimble_layer layer = step.layer;
  layer.input = input == 0 ? kHere : kFarAway;
  layer.input2 = input == 1 ? kHere : kFarAway;
  layer.output = kHere - static_cast<std::uint32_t>(distance);
  const std::int32_t rows = thimble_ring_rows(&layer);
  if (rows < 0) return std::nullopt;
  layer.ring_rows = static_cast<std::uint8_t>(rows);
  return Overlap{input, distance, thimble_ring_bytes(&layer) + kernel_scratch(step, layer)};
}

/// Far enough below the input to need no ring; and right over it, with one.
std::vector<Overlap> overlaps_of(const Step& step, std::size_t operands) {
  const std::optional<Overlap> here = overlap_at(step, 0, 0);
  // Depthwise works right over its input without a ring.
  if (is_depthwise_kernel(step.kernel) && here && here->scratch_bytes == kernel_scratch(step, step.layer))
    return {*here};
  std::vector<std::int64_t> distances = {0};
  const bool elementwise = step.kernel == THIMBLE_ADD || step.kernel == THIMBLE_MUL;  // right over it, at no cost
  if (operands == 1 && !elementwise) distances.insert(distances.begin(), distance_without_ring(step.layer));
  std::vector<Overlap> overlaps;
  for (std::size_t input = 0; input < operands; ++input)
    for (std::int64_t distance : distances)
      if (const std::optional<Overlap> way = overlap_at(step, static_cast<int>(input), distance))
        overlaps.push_back(*way);
  return overlaps;
}

MemoryProblem memory_problem(const Graph& graph, const std::vector<Step>& steps, const std::vector<int>& owners) {
  const auto owner = [&](int tensor) { return owners[static_cast<std::size_t>(tensor)]; };
  MemoryProblem problem;
  for (const Tensor& tensor : graph.tensors) problem.tensor_bytes.push_back(tensor.constant ? 0 : tensor.elements());
  for (const Step& step : steps) {
    const Operator& op = graph.operators[static_cast<std::size_t>(step.op)];
    StepMemory use;
    for (int tensor : layer_inputs(graph, op)) use.inputs.push_back(owner(tensor));
    use.output = owner(op.outputs.at(0));
    use.scratch_bytes = kernel_scratch(step, step.layer);
    if (step.layer.kernel_h > 0) use.overlaps = overlaps_of(step, use.inputs.size());
    problem.steps.push_back(use);
  }
  problem.inputs = {owner(graph.inputs.at(0))};
  for (int output : graph.outputs) problem.outputs.push_back(owner(output));
  return problem;
}

void set_offsets(const MemoryProblem& problem, const MemoryPlan& memory, std::vector<Step>& steps) {
  const auto offset = [&](int tensor) {
    return static_cast<std::uint32_t>(memory.tensor_offsets[static_cast<std::size_t>(tensor)]);
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StepMemory& use = problem.steps[i];
    Step& step = steps[i];
    step.in_place = memory.overlaps[i] >= 0;
    step.layer.input = offset(use.inputs.at(0));
    if (step.layer.operands == 2) step.layer.input2 = offset(use.inputs.at(1));
    step.layer.output = offset(use.output);
    step.layer.scratch = static_cast<std::uint32_t>(memory.scratch_offsets[i]);
    const std::int32_t rows = thimble_ring_rows(&step.layer);
    THIMBLE_CHECK(rows >= 0 && rows <= UINT8_MAX, "an overlap that the runtime does not do");
    step.layer.ring_rows = static_cast<std::uint8_t>(rows);
    step.layer.scratch_bytes = thimble_ring_bytes(&step.layer) + kernel_scratch(step, step.layer);
  }
}

/// A run for each layer of a step.
void add_layers(const Graph& graph, const Step& step, Plan& plan) {
  const Operator& op = graph.operators[static_cast<std::size_t>(step.op)];
  plan.runs.push_back({{step}});
  for (int part = 1; part < layer_count(op); ++part) {
    Step next = step;
    next.part = part;
    next.layer = layer_shape(graph, op, step.kernel, part);
    const int input = op.inputs.at(static_cast<std::size_t>(part));
    next.layer.input = static_cast<std::uint32_t>(plan.offsets[static_cast<std::size_t>(input)]);
    next.layer.output = step.layer.output;
    plan.runs.push_back({{next}});
  }
}

Plan assembled(const Graph& graph, std::vector<Step> steps, const std::vector<int>& owners, const MemoryPlan& memory) {
  Plan plan;
  for (int owner : owners) plan.offsets.push_back(memory.tensor_offsets[static_cast<std::size_t>(owner)]);
  plan.arena_bytes = memory.bytes;
  plan.arena_lower_bound_bytes = memory.lower_bound_bytes;
  plan.input_offset = plan.offsets[static_cast<std::size_t>(graph.inputs[0])];
  plan.input_bytes = graph.tensor(graph.inputs[0]).elements();
  for (int output : graph.outputs) {
    plan.outputs.push_back({plan.offsets[static_cast<std::size_t>(output)], graph.tensor(output).elements()});
    plan.output_bytes += plan.outputs.back().bytes;
  }
  for (const Step& step : steps) add_layers(graph, step, plan);
  return plan;
}

}  // namespace

std::vector<const Step*> Plan::steps() const {
  std::vector<const Step*> all;
  for (const Run& run : runs)
    for (const Step& step : run.steps) all.push_back(&step);
  return all;
}

std::string to_text(const PlanError& error) {
  if (error.unsupported.empty())
    return "needs " + std::to_string(error.needed_bytes) + " bytes of arena at " + error.peak_layer +
           ", the limit is " + std::to_string(error.limit_bytes);
  std::string text;
  for (const std::string& reason : error.unsupported) text += (text.empty() ? "" : "\n") + reason;
  return text;
}

Result<Plan, PlanError> make_plan(const Graph& graph, const PlanOptions& options) {
  PlanError error;
  error.unsupported = unsupported(graph);
  if (!error.unsupported.empty()) return error;

  std::vector<std::vector<Step>> ways = ways_of(graph, options);
  const std::vector<int> owners = memory_owners(graph);
  for (;;) {
    std::vector<Step> steps = steps_of(ways, options);
    const MemoryProblem problem = memory_problem(graph, steps, owners);
    const MemoryPlan memory = plan_memory(problem, {.overlap = options.in_place});
    const auto peak = static_cast<std::size_t>(memory.peak_step);
    if (options.arena_limit_bytes <= 0 || memory.bytes <= options.arena_limit_bytes) {
      set_offsets(problem, memory, steps);
      Plan plan = assembled(graph, std::move(steps), owners, memory);
      plan.mode = options.mode;
      return plan;
    }
    if (drop_way(ways[peak], steps[peak].kernel)) continue;
    error.needed_bytes = memory.bytes;
    error.limit_bytes = options.arena_limit_bytes;
    error.peak_layer = graph.operators[static_cast<std::size_t>(steps[peak].op)].name;
    return error;
  }
}

}  // namespace thimble
