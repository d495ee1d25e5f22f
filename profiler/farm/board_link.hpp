#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "profiler/board_registry.hpp"
#include "profiler/farm/farm.hpp"
#include "profiler/measurement_store.hpp"

namespace thimble {

/// A sweep's hold of one board: runs plans there, and brings the board back when it fails. Nothing is thrown: what goes
/// wrong is the board's failure.
class BoardLink {
 public:
  using Tell = std::function<void(const std::string& trouble)>;

  BoardLink(const FarmBoard& board, const SweepParts& parts, const SweepOptions& options,
            const std::atomic<bool>& stopped, Tell trouble);

  /// Takes the board for this process. @return empty, or who has it
  std::string take();
  /// Gives it back.
  void drop();

  Result<Measurement, ProbeFailure> run(const ProbePlan& plan) { return run(plan, options_.run); }
  /// @pre a plan was run with success
  MeasurementKey key(const ProbePlan& plan) const { return key_of(plan, *probe_, options_.run.cache); }
  MeasurementKey key(const ProbePlan& plan, const Measurement& measurement) const {
    return key_of(plan, *probe_, measurement);
  }
  /// Cycles of the canary, in the clock that the board is said to have: on a slower one it takes more. Nothing where it
  /// fails.
  std::optional<std::int64_t> run_canary();
  /// By ever stronger means, with pauses in between, until the canary runs: a new probe, the board's power. Nothing
  /// where the board stays away for options.patience_s, must not be used any more, or a stop is asked for.
  std::optional<std::int64_t> bring_back();
  /// Of the canary, whatever state the board is in: boards in different ones must not agree. @pre it was run with
  /// success
  std::string canary_key() const {
    MeasurementKey any_state = key(canary_);
    any_state.state.clear();
    return any_state.text();
  }
  /// Why bring_back ended without the canary: it has no more patience, else it was told to stop.
  bool is_lost() const { return is_lost_; }
  const std::string& last_trouble() const { return last_trouble_; }
  /// That the board said it runs at; 0 while it was not asked.
  double clock_hz() const { return clock_hz_; }

 private:
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options);
  void note(const std::string& trouble);
  /// A board whose clock is not the one of its file is told of, once.
  void note_clock(double clock_hz);
  void wait(double seconds) const;
  void cycle_power();

  const FarmBoard& board_;
  const SweepParts& parts_;
  const SweepOptions& options_;
  const std::atomic<bool>& stopped_;
  Tell trouble_;
  ProbePlan canary_;
  std::optional<BoardLock> lock_;
  std::unique_ptr<Probe> probe_;
  std::string last_trouble_;
  double clock_hz_ = 0;
  bool is_lost_ = false;
};

}  // namespace thimble
