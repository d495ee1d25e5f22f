#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "profiler/farm/board_link.hpp"
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
  bool wait_until_usable();
  void settle_open_shards();
  bool wait_for_task();
  bool open_shard();
  void do_shard();
  void close_shard(const Shard& shard);
  void do_task(const Lease& lease);
  void recover_in_shard();
  void discard(const Shard& shard, const std::string& why);
  /// Why the canary's cycles are not to be trusted; empty where nothing speaks against them.
  std::string doubt_of(std::int64_t cycles) const;
  /// Of the canary, or of the board that was brought back; else it is given up, unless it may come again.
  std::optional<std::int64_t> sure_canary();
  void give_up(const std::string& reason);
  std::string why_barred();
  void set_state(const std::string& state, const std::string& candidate = "");
  void note_trouble(const std::string& trouble);

  FarmBoard board_;
  std::string type_;
  const SweepParts& parts_;
  const SweepOptions& options_;
  Roster& roster_;
  const std::atomic<bool>& stopped_;
  FarmQueue queue_;
  BoardLink link_;
  Shard shard_;              ///< the open one; id 0: none
  int discarded_ = 0;        ///< shards in a row
  int failed_in_a_row_ = 0;  ///< tasks
  bool given_up_ = false, barred_ = false;
  mutable std::mutex mutex_;  ///< of status_
  BoardStatus status_;
};

}  // namespace thimble
