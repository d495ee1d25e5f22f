#pragma once
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "profiler/farm/worker.hpp"

namespace thimble {

struct SweepStatus {
  QueueCounts counts;
  std::vector<BoardStatus> boards;
};

/// Measures the tasks of a queue on many boards at once, each with a thread of its own. A board that fails is brought
/// back (new conversation, reset, flash, power) and must pass its canary; one that cannot be is quarantined, and others
/// of its type take its tasks. Ends when all tasks are settled, or no board is left for the rest.
class Sweep {
 public:
  Sweep(SweepParts parts, SweepOptions options);
  ~Sweep();  ///< stops, and waits
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  /// Tasks that a dead process had under way go back, and all boards begin.
  void start();
  /// Boards end what they are at.
  void stop() { stopped_ = true; }
  /// Waits so long. @return whether all boards have ended
  /// @error Error  of the queue's file, in any thread
  bool wait(double seconds);
  SweepStatus status() const;

 private:
  void run(FarmWorker& worker);

  SweepParts parts_;
  SweepOptions options_;
  FarmQueue queue_;
  Roster roster_;
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;  ///< of failure_ and running_
  std::condition_variable ended_;
  int running_ = 0;
  std::exception_ptr failure_;
  std::vector<std::unique_ptr<FarmWorker>> workers_;
  std::vector<std::jthread> threads_;
};

}  // namespace thimble
