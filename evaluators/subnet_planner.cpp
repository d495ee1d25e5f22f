#include "evaluators/subnet_planner.hpp"

namespace thimble {

Result<PlannedSubnet, PlanError> SubnetPlanner::plan(const Subnet& subnet) const {
  Graph graph = to_graph(space_, subnet);
  Result<Plan, PlanError> plan = make_plan(graph, {.isa = inventory_.isa});
  if (!plan) return plan.error();
  const Footprint size = footprint(*plan, inventory_);
  return PlannedSubnet{std::move(graph), std::move(*plan), size};
}

}  // namespace thimble
