#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace thimble {

/// What the boards of a sweep know of each other. Any thread.
class Roster {
 public:
  /// How many boards of the type are in the sweep, and neither barred nor given up.
  void join(const std::string& board_type) { add(live_, board_type, 1); }
  void leave(const std::string& board_type) { add(live_, board_type, -1); }
  int live(const std::string& board_type) const { return count(live_, board_type); }
  int live() const {
    const std::lock_guard lock(mutex_);
    int all = 0;
    for (const auto& [type, boards] : live_) all += boards;
    return all;
  }

  /// How many are in a shard: what they have measured may wait again.
  void begin(const std::string& board_type) { add(busy_, board_type, 1); }
  void end(const std::string& board_type) { add(busy_, board_type, -1); }
  int busy(const std::string& board_type) const { return count(busy_, board_type); }

  /// Notes a canary's cycles. @return the latest of every board, this one's as it was before
  std::map<std::string, std::int64_t> note_canary(const std::string& canary, const std::string& board,
                                                  std::int64_t cycles) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::int64_t>& known = canaries_[canary];
    std::map<std::string, std::int64_t> before = known;
    known[board] = cycles;
    return before;
  }

 private:
  using Counts = std::map<std::string, int>;
  void add(Counts& counts, const std::string& board_type, int change) {
    const std::lock_guard lock(mutex_);
    counts[board_type] += change;
  }
  int count(const Counts& counts, const std::string& board_type) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts.find(board_type);
    return found == counts.end() ? 0 : found->second;
  }

  mutable std::mutex mutex_;
  Counts live_, busy_;
  std::map<std::string, std::map<std::string, std::int64_t>> canaries_;
};

}  // namespace thimble
