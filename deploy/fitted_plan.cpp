#include "deploy/fitted_plan.hpp"

#include <algorithm>

#include "deploy/kernel_cost.hpp"

namespace thimble {
namespace {

/// Kernels are chosen by estimates of the code; each attempt takes off what the last one was above the limit.
constexpr int kMostAttempts = 8;

std::int64_t smaller_limit(std::int64_t a, std::int64_t b) { return a <= 0 ? b : b <= 0 ? a : std::min(a, b); }

Result<FittedPlan, PlanError> sized(const Graph& graph, PlanOptions options, const CodeInventory& inventory) {
  options.isa = inventory.isa;
  Result<Plan, PlanError> plan = make_plan(graph, options);
  if (!plan) return plan.error();
  const Footprint size = footprint(*plan, inventory);
  return FittedPlan{std::move(*plan), size};
}

/// The plan's bytes as its kernels were chosen by.
std::int64_t estimated_bytes(const Plan& plan) {
  KernelSet kernels;
  std::int64_t bytes = 0;
  for (const Step* step : plan.steps()) {
    bytes += step->weight_bytes;
    kernels.set(step->kernel);
  }
  return bytes + code_bytes(kernels);
}

Result<FittedPlan, PlanError> within_flash(const Graph& graph, PlanOptions options, const CodeInventory& inventory,
                                           std::int64_t limit) {
  options.flash_budget_bytes = 0;
  Result<FittedPlan, PlanError> smallest = sized(graph, options, inventory);
  if (!smallest || limit <= 0 || smallest->size.flash_bytes() <= limit) return smallest;
  std::int64_t bytes = smallest->size.flash_bytes(), estimate = estimated_bytes(smallest->plan);
  for (int i = 0; i < kMostAttempts && bytes > limit; ++i) {
    options.flash_budget_bytes = std::max<std::int64_t>(estimate - (bytes - limit), 1);
    Result<FittedPlan, PlanError> fitted = sized(graph, options, inventory);
    if (!fitted) break;
    bytes = fitted->size.flash_bytes(), estimate = estimated_bytes(fitted->plan);
    if (bytes < smallest->size.flash_bytes()) smallest = std::move(fitted);
  }
  return smallest;
}

}  // namespace

Result<FittedPlan, PlanError> fit_plan(const Graph& graph, const PlanOptions& options, const CodeInventory& inventory,
                                       const MemoryLimits& limits) {
  const std::int64_t flash = smaller_limit(options.flash_budget_bytes, limits.flash_bytes);
  Result<FittedPlan, PlanError> fitted = within_flash(graph, options, inventory, flash);
  if (!fitted || limits.sram_bytes <= 0 || fitted->size.peak_sram_bytes() <= limits.sram_bytes) return fitted;
  PlanOptions tighter = options;
  const std::int64_t rest = fitted->size.peak_sram_bytes() - fitted->size.arena_bytes;
  tighter.arena_limit_bytes =
      smaller_limit(options.arena_limit_bytes, std::max<std::int64_t>(limits.sram_bytes - rest, 1));
  const Result<FittedPlan, PlanError> smaller = within_flash(graph, tighter, inventory, flash);
  const bool keeps_flash = smaller && (flash <= 0 || smaller->size.flash_bytes() <= flash);
  return keeps_flash ? smaller : fitted;
}

}  // namespace thimble
