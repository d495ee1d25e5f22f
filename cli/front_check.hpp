#pragma once
#include <nlohmann/json_fwd.hpp>

#include "cli/job_context.hpp"
#include "deploy/code_inventory.hpp"
#include "evaluators/subnet_planner.hpp"

namespace thimble {

/// Known answers of the members of a front: each is run as firmware on the job's board, with its weights, on a few
/// pictures, and must answer as the int8 reference interpreter does.
class FrontCheck {
 public:
  /// @param space  of the supernet
  FrontCheck(JobContext& context, const SearchSpace& space);

  /// @return {known_answers, bit_exact}; what differs goes to the log. bit_exact is null where no board could be asked,
  /// and the log says why
  /// @error BoardError  the board is to blame
  nlohmann::json check(const Subnet& subnet, const Graph& int8_graph, const ImageSet& images);

 private:
  JobContext& context_;
  CodeInventory inventory_;
  SubnetPlanner planner_;
};

}  // namespace thimble
