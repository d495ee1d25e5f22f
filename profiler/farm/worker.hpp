#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "profiler/farm/farm.hpp"
#include "profiler/farm/queue.hpp"

namespace thimble {

/// One board at work: it takes tasks of its type, between canaries that must agree.
class FarmWorker {
 public:
  FarmWorker(FarmBoard board, const SweepParts& parts, const SweepOptions& options, const std::atomic<bool>& stopped);

  /// Until no task of its type is left or under way, a stop is asked for, or the board cannot be brought back.
  /// @error Error  the queue's file
  void work();
  BoardStatus status() const;

 private:
  bool finish_open_shards();
  bool may_go_on();
  bool wait_for_task();
  bool open_shard();
  std::string doubt_of(std::int64_t cycles, const std::map<std::string, std::int64_t>& known) const;
  void do_shard();
  /// False where the canary disagreed and the shard was discarded.
  bool close_shard(const Shard& shard);
  /// False where the board failed.
  bool do_task(const Lease& lease);
  Result<Measurement, ProbeFailure> try_run(const ProbePlan& plan);
  /// The canary's cycles; nothing where the board does not run it.
  std::optional<std::int64_t> run_canary();
  /// Brings the board back, by ever stronger means. False where it stays away: it is quarantined.
  bool recover(const std::string& trouble);
  bool comes_back();
  void wait(double seconds) const;  ///< less where a stop is asked for
  void give_up(const std::string& reason);
  void set_state(const std::string& state, const std::string& candidate = "");
  void note_trouble(const std::string& trouble);

  FarmBoard board_;
  std::string type_;
  const SweepParts& parts_;
  const SweepOptions& options_;
  const std::atomic<bool>& stopped_;
  FarmQueue queue_;
  std::unique_ptr<Probe> probe_;
  ProbePlan canary_;
  Shard shard_;        ///< the open one; id 0: none
  int discarded_ = 0;  ///< shards in a row
  bool given_up_ = false;
  mutable std::mutex mutex_;  ///< of status_
  BoardStatus status_;
};

}  // namespace thimble
