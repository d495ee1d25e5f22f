#pragma once
#include <map>
#include <mutex>
#include <string>

namespace thimble {

/// How many boards of a sweep are at work, by type. Any thread.
class Roster {
 public:
  void join(const std::string& board_type) { add(board_type, 1); }
  void leave(const std::string& board_type) { add(board_type, -1); }
  int live(const std::string& board_type) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(board_type);
    return found == live_.end() ? 0 : found->second;
  }
  int live() const {
    const std::lock_guard lock(mutex_);
    int all = 0;
    for (const auto& [type, count] : live_) all += count;
    return all;
  }

 private:
  void add(const std::string& board_type, int count) {
    const std::lock_guard lock(mutex_);
    live_[board_type] += count;
  }
  mutable std::mutex mutex_;
  std::map<std::string, int> live_;
};

}  // namespace thimble
