#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "profiler/measurement_store.hpp"

namespace thimble {

/// A clock for leases, which never jumps; they do not outlive their process.
double steady_seconds();
/// Seconds since the epoch.
double unix_time();

/// A task that a board has taken, until a moment: then it goes to another one.
struct Lease {
  std::int64_t task = 0;
  std::string candidate;   ///< as it was added
  std::string board;       ///< that took it
  std::int64_t shard = 0;  ///< of that board, in which it was taken
  std::int64_t epoch = 0;  ///< how often the task was taken: a late worker's is an old one
};

/// How many tasks are in which state.
struct QueueCounts {
  std::int64_t waiting = 0, leased = 0;
  std::int64_t measured = 0;   ///< in shards whose last canary is still to come
  std::int64_t done = 0;       ///< measured, and the canaries around agree
  std::int64_t failed = 0;     ///< for a reason of the candidate's own
  std::int64_t undecided = 0;  ///< boards failed it, as often as they may

  std::int64_t all() const { return waiting + leased + measured + done + failed + undecided; }
  QueueCounts& operator+=(const QueueCounts& other) {
    waiting += other.waiting, leased += other.leased, measured += other.measured;
    done += other.done, failed += other.failed, undecided += other.undecided;
    return *this;
  }
  std::int64_t settled() const { return done + failed + undecided; }
};

/// A task and what became of it.
struct TaskOutcome {
  std::int64_t task = 0;
  std::string candidate, board_type;
  std::string state;                       ///< "done", "failed", "undecided", or one of a task that is not settled
  std::string code, message;               ///< why there is no measurement
  std::string key;                         ///< MeasurementKey::text of the measurement, or of what boards refused
  std::optional<Measurement> measurement;  ///< without layers
};

/// Tasks that one board did between two canaries.
struct Shard {
  std::int64_t id = 0;
  std::string board, board_type;
  std::string canary;              ///< MeasurementKey::text of it: another build's canary says nothing of this one's
  std::int64_t canary_cycles = 0;  ///< at its start
};

/// What a sweep has to measure and what it has measured, in an SQLite file (write-ahead log) that outlives every
/// process: whoever opens it goes on. It is a MeasurementStore's file, too.
///
/// A task is a candidate on a type of board. Its measurement and its new state are written in one transaction, so that
/// a death at any moment neither loses nor repeats one. It counts once the canary at the end of its shard agrees with
/// the one at the start. Time comes from the caller.
///
/// Every member throws Error, with the file and SQLite's reason, when the file is corrupt, locked or the disk is full.
class FarmQueue {
 public:
  /// @param most_failures  of boards, until a task is undecided
  explicit FarmQueue(const std::filesystem::path& file, int most_failures = 5);
  ~FarmQueue();

  /// @return how many tasks are new
  int add(const std::vector<std::string>& candidates, const std::string& board_type);

  /// @param shard  all but its id
  Shard begin_shard(Shard shard);
  /// The canary agreed: the shard's measurements count. @return false where the shard was discarded meanwhile
  bool confirm_shard(std::int64_t shard, std::int64_t canary_cycles);
  /// It did not, or the board is gone: what was measured or failed in the shard is forgotten and waits again.
  void discard_shard(std::int64_t shard, const std::string& why);
  /// All shards of the board with this canary, confirmed ones too: nobody knows since when it is wrong.
  void discard_board(const std::string& board, const std::string& canary, const std::string& why);
  /// Those of a process that died.
  std::vector<Shard> open_shards() const;
  /// The next task for a board. One that it has failed is for others, until as many boards have as are `live`.
  /// Nothing where none waits for it.
  std::optional<Lease> take(const std::string& board, const std::string& board_type, int live, std::int64_t shard,
                            double now, double seconds);
  bool has_task(const std::string& board, const std::string& board_type, int live) const;
  /// Stores the measurement. @return false where the lease is no longer the task's: what was done for it does not count
  bool finish(const Lease& lease, const MeasurementKey& key, const Measurement& measurement);
  /// The same, of a plan that another task has brought already.
  /// @param with_energy  for a board with an energy meter a measurement without energy is none
  bool finish_known(const Lease& lease, const MeasurementKey& key, bool with_energy = false);
  /// It cannot be run at all: no plan, too large.
  bool fail(const Lease& lease, const std::string& code, const std::string& message);
  /// The board says that the candidate is to blame: so must a second try, elsewhere if there is another board.
  /// @param key  of what was refused: another build's boards may take it
  bool refuse(const Lease& lease, const MeasurementKey& key, const std::string& code, const std::string& message);
  /// The board was to blame: the task waits for another one.
  bool give_back(const Lease& lease, const std::string& message);
  /// Nobody is to blame: the task waits again.
  bool put_back(const Lease& lease);
  /// Leases that have run out at `now` wait again. @return how many
  int expire(double now);
  /// Undecided tasks get another chance. @return how many
  int reopen();
  /// These are to be measured anew: what they have, or what boards said of them, is of another build or another plan.
  void measure_again(const std::vector<std::int64_t>& tasks);

  QueueCounts counts() const;
  QueueCounts counts(const std::string& board_type) const;
  /// All different ones, in the order in which they were added.
  std::vector<std::string> candidates() const;
  /// All tasks, in the order in which they were added.
  std::vector<TaskOutcome> outcomes() const;

  /// Whether the file holds a sweep. Nothing is written.
  static bool is_in(const std::filesystem::path& file);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
