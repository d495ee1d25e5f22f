#pragma once
#include <vector>

#include "supernet/distributed/ranks.hpp"
#include "supernet/training/trainee.hpp"

namespace thimble {

/// A step of all ranks together.
struct SharedStep {
  StepPasses passes;                  ///< of all ranks
  bool stop = false;                  ///< somebody was asked to stop
  std::vector<Parameter> parameters;  ///< with the sums of all ranks' gradients
};

/// Sums up what the ranks did in a step, in one message: only gradients that the step has.
class StepSum {
 public:
  explicit StepSum(Ranks& ranks) : ranks_(ranks) {}

  /// The gradients of the result live until the next call.
  /// @error RankLost
  SharedStep operator()(const StepPasses& passes, bool stop, const std::vector<Parameter>& parameters);

 private:
  Ranks& ranks_;
  std::vector<float> message_;
};

/// @error Error  the ranks do not begin the same training at the same step: another job, seed, data, build or
/// checkpoint
void check_same_training(Ranks& ranks, std::uint64_t key, int step);

/// The shards of a batch that this rank trains.
/// @error Error  the ranks cannot share them out evenly
Shards shards_of(const Ranks& ranks, int shards);

}  // namespace thimble
