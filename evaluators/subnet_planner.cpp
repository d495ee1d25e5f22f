#include "evaluators/subnet_planner.hpp"

#include "deploy/simplify/crop_windows.hpp"

namespace thimble {

Result<PlannedSubnet, PlanError> SubnetPlanner::plan(const Subnet& subnet) const {
  Graph graph = to_graph(space_, subnet);
  Graph deployed = graph;
  crop_windows(deployed);
  Result<FittedPlan, PlanError> fitted = fit_plan(deployed, options_, inventory_, limits_);
  if (!fitted) return fitted.error();
  return PlannedSubnet{std::move(graph), std::move(fitted->plan), fitted->size};
}

}  // namespace thimble
