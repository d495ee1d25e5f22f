#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "evaluators/latency_model.hpp"
#include "evaluators/limits.hpp"
#include "evaluators/subnet_planner.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// A random subnet, and what a board needed for it.
struct SurveyedSubnet {
  Subnet subnet;
  ProbedPlan probed;
};

struct SurveyOptions {
  int subnets = 200;
  std::uint64_t seed = 1;
  Limits limits{};   ///< subnets above them are passed over: no search will ask for them
  RunOptions run{};  ///< of each measurement
  /// Called after each measurement, from one thread at a time; what it throws ends the survey.
  std::function<void(int measured)> progress{};
};

/// How plans are run for a model: once on a virtual board, whose cycles are always the same; with time for large ones.
RunOptions survey_runs(const Board& board);

/// Measures random subnets of the planner's space, every choice uniform and independent, each plan once; one thread per
/// probe. Which subnets these are, and their order, follows from space, limits and seed alone: the first n of a larger
/// survey are those of one of n. Whatever is in `store` already is not run again, so a survey that was broken off goes
/// on where it was.
/// @param probes  at least one, all of the same board
/// @return fewer than options.subnets where the space has no more
/// @error DoesNotFitError  none of many subnets fits the limits, or all are refused by the probe; with a reason
/// @error BoardError       the board, its probe or its emulator failed, or a run did not end in time
std::vector<SurveyedSubnet> survey_latency(const SubnetPlanner& planner, std::span<const std::unique_ptr<Probe>> probes,
                                           const std::filesystem::path& store, const SurveyOptions& options);

}  // namespace thimble
