#include "evaluators/subnet_planner.hpp"

#include "deploy/simplify/crop_windows.hpp"

namespace thimble {

Result<PlannedSubnet, PlanError> SubnetPlanner::plan(Graph graph) const {
  const Graph deployed = with_cropped_windows(graph);
  Result<FittedPlan, PlanError> fitted = fit_plan(deployed, options_, inventory_, limits_);
  if (!fitted) return fitted.error();
  return PlannedSubnet{std::move(graph), std::move(fitted->plan), fitted->size};
}

}  // namespace thimble
