#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "profiler/farm/board_link.hpp"
#include "profiler/farm/history.hpp"
#include "profiler/farm/queue.hpp"
#include "profiler/farm/roster.hpp"

namespace thimble {

/// One board at work: it takes tasks of its type, between canaries that must agree.
class FarmWorker {
 public:
  FarmWorker(FarmBoard board, const SweepParts& parts, const SweepOptions& options, Roster& roster,
             const std::atomic<bool>& stopped);

  /// Until no task of its type is left or under way, a stop is asked for, or the board cannot be brought back.
  /// @error Error  the queue's file
  void work();
  BoardStatus status() const;

 private:
  enum class Next { kTask, kBarred, kEnd };
  bool wait_until_usable();
  void settle_open_shards();
  /// With kTask the board counts as busy.
  Next wait_for_task();
  void work_on_shard();
  bool open_shard();
  void do_shard();
  void close_shard(const Shard& shard);
  /// False where the shard has ended with it.
  bool do_task(const Lease& lease);
  bool recover_in_shard();
  /// A board on which many different tasks fail is to blame, whatever its canary says.
  bool is_too_much(const Lease& lease, const std::string& why);
  void discard(const Shard& shard, const std::string& why);
  /// Holds the canaries of all boards against each other, and forgets what the wrong ones have measured.
  /// @return why this board's is not to be trusted; empty where nothing speaks against it
  std::string judge(std::int64_t cycles);
  /// Of the canary, or of the board that was brought back; else it is given up, unless it may come again.
  std::optional<std::int64_t> sure_canary();
  std::optional<std::int64_t> bring_back();
  void give_up(const std::string& reason);
  std::string why_barred();
  void set_state(const std::string& state, const std::string& candidate = "");
  void show_clock();
  void note_trouble(const std::string& what);

  FarmBoard board_;
  std::string type_;
  const SweepParts& parts_;
  const SweepOptions& options_;
  Roster& roster_;
  const std::atomic<bool>& stopped_;
  FarmQueue queue_;
  FarmHistory history_;
  BoardLink link_;
  Shard shard_;                    ///< the open one; id 0: none
  int discarded_ = 0;              ///< shards in a row
  std::set<std::int64_t> failed_;  ///< tasks since the last success
  std::string meter_failure_;      ///< of the board's energy meter; empty: none
  bool given_up_ = false, barred_ = false;
  mutable std::mutex mutex_;  ///< of status_
  BoardStatus status_;
};

}  // namespace thimble
