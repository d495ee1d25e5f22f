#include "deploy/footprint.hpp"

#include <set>

#include "deploy/layer_table.hpp"

namespace thimble {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

std::int64_t stack_bytes(const Plan& plan, const CodeInventory& inventory) {
  const std::int64_t program = inventory.stack_bound("Reset_Handler", "thimble_run_layer", kernels_of(plan));
  const std::int64_t fault = inventory.stack_bound("thimble_fault", "thimble_run_layer", {});
  return round_up(program + inventory.exception_frame_bytes + fault, 8);
}

}  // namespace

std::vector<std::string> kernels_of(const Plan& plan) {
  std::set<thimble_kernel_id> ids;
  for (const Step* step : plan.steps()) ids.insert(step->kernel);
  std::vector<std::string> names;
  for (thimble_kernel_id id : ids) names.emplace_back(thimble_kernel_by_id(static_cast<std::uint32_t>(id))->name);
  return names;
}

std::vector<int> linked_sections(const Plan& plan, const CodeInventory& inventory) {
  std::vector<std::string> roots = kernels_of(plan);
  roots.insert(roots.end(), {"Reset_Handler", "thimble_vectors"});
  return inventory.reachable(roots);
}

Footprint footprint(const Plan& plan, const CodeInventory& inventory) {
  Footprint result;
  result.arena_bytes = plan.arena_bytes;
  result.stack_bytes = stack_bytes(plan, inventory);
  constexpr std::int64_t kOutputBytes = 8;  // thimble_output
  result.code_bytes = inventory.model_bytes + kOutputBytes * static_cast<std::int64_t>(plan.outputs.size()) +
                      layer_table(plan).flash_bytes();
  for (const Step* step : plan.steps()) result.weight_bytes += step->weight_bytes;
  for (int index : linked_sections(plan, inventory)) {
    const CodeSection& section = inventory.sections[static_cast<std::size_t>(index)];
    if (!section.counted) continue;
    result.code_bytes += section.flash_bytes;
    result.static_bytes += section.sram_bytes;
  }
  return result;
}

}  // namespace thimble
