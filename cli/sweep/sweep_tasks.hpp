#pragma once
#include <map>
#include <string>
#include <vector>

#include "cli/sweep/sweep_job.hpp"
#include "evaluators/subnet_planner.hpp"

namespace thimble {

/// The subnets of a sweep and their plans, on all types of board that it has. Several threads may share it.
class SweepTasks {
 public:
  /// @param cache  where sizes of compiled kernels are kept
  /// @param known  the candidates that a resumed sweep began with; empty: they are drawn, or read
  /// @error DoesNotFitError  too few random subnets fit the target
  SweepTasks(const SweepJob& job, const std::filesystem::path& cache, std::vector<std::string> known);

  /// Their text forms: of the job's list, or random ones that fit at least one type of board; all different.
  const std::vector<std::string>& candidates() const { return candidates_; }
  /// A board of each type.
  std::vector<Board> types() const;
  /// @error ProbeFailure  of the candidate: it does not fit the board, or cannot be planned
  Result<ProbePlan, ProbeFailure> plan_of(const std::string& candidate, const Board& board) const;

  /// @pre it is one of the space
  Graph graph_of(const std::string& candidate) const;
  /// The plan of a subnet that has weights, as plan_of makes it.
  Result<PlannedSubnet, PlanError> plan_with_weights(const Graph& graph, const Board& board) const {
    return types_.at(board.type()).planner.plan(graph);
  }

 private:
  struct Type {
    Board board;
    SubnetPlanner planner;
    MemoryLimits limits;
  };
  Result<ProbePlan, ProbeFailure> plan_of(const Subnet& subnet, const Type& type) const;
  bool fits_somewhere(const Subnet& subnet) const;
  std::vector<std::string> listed(const SweepJob& job) const;
  std::vector<std::string> draw(const SweepJob& job) const;

  SearchSpace space_;
  std::map<std::string, Type> types_;
  std::vector<std::string> candidates_;
};

}  // namespace thimble
