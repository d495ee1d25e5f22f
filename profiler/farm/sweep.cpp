#include "profiler/farm/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace thimble {

Sweep::Sweep(SweepParts parts, SweepOptions options)
    : parts_(std::move(parts)), options_(std::move(options)), queue_(parts_.queue, options_.most_failures) {
  for (const FarmBoard& board : parts_.boards)
    workers_.push_back(std::make_unique<FarmWorker>(board, parts_, options_, roster_, stopped_));
}

Sweep::~Sweep() { stop(); }

void Sweep::start() {
  queue_.expire(std::numeric_limits<double>::infinity());  // whoever held them is dead: a run has one process
  for (const Shard& shard : queue_.open_shards()) {
    const bool comes = std::any_of(parts_.boards.begin(), parts_.boards.end(),
                                   [&](const FarmBoard& board) { return board.name == shard.board; });
    if (!comes) queue_.discard_shard(shard.id, "its board is not in the sweep any more");
  }
  running_ = static_cast<int>(workers_.size());
  for (const auto& worker : workers_) threads_.emplace_back([this, &worker = *worker] { run(worker); });
}

void Sweep::run(FarmWorker& worker) {
  std::exception_ptr failure;
  try {
    worker.work();
  } catch (...) {
    failure = std::current_exception();
    stop();
  }
  const std::lock_guard lock(mutex_);
  if (failure && !failure_) failure_ = failure;
  --running_;
  ended_.notify_all();
}

bool Sweep::wait(double seconds) {
  std::unique_lock lock(mutex_);
  const bool ended = ended_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return running_ == 0; });
  if (ended && failure_) std::rethrow_exception(failure_);
  return ended;
}

SweepStatus Sweep::status() const {
  SweepStatus status{queue_.counts(), {}};
  for (const auto& worker : workers_) status.boards.push_back(worker->status());
  return status;
}

}  // namespace thimble
