#pragma once
#include "deploy/code_inventory.hpp"
#include "deploy/fitted_plan.hpp"
#include "deploy/footprint.hpp"
#include "deploy/plan.hpp"
#include "search/space/subnet.hpp"

namespace thimble {

/// A subnet made ready for one target, with what it needs there.
struct PlannedSubnet {
  Graph graph;
  Plan plan;
  Footprint footprint;
};

/// Plans the subnets of one space for one target. Holds no state that a call changes: several threads may share it.
class SubnetPlanner {
 public:
  /// @param options, limits  what the kernels of every subnet are chosen for; `inventory` is of the options' mode
  SubnetPlanner(SearchSpace space, CodeInventory inventory, const PlanOptions& options = {},
                const MemoryLimits& limits = {})
      : space_(std::move(space)), inventory_(std::move(inventory)), options_(options), limits_(limits) {}

  /// @error PlanError  an operator that no kernel runs
  Result<PlannedSubnet, PlanError> plan(const Subnet& subnet) const { return plan(to_graph(space_, subnet)); }
  /// Of a subnet's graph: with weights, the kernels' forms are those that the weights need, and so is the time; the
  /// bytes are the same.
  Result<PlannedSubnet, PlanError> plan(Graph graph) const;
  const SearchSpace& space() const { return space_; }

 private:
  SearchSpace space_;
  CodeInventory inventory_;
  PlanOptions options_;
  MemoryLimits limits_;
};

}  // namespace thimble
