#pragma once
#include <algorithm>
#include <chrono>

namespace thimble {

/// A moment after which waiting ends; every wait on a board has one.
class Deadline {
 public:
  explicit Deadline(double seconds)
      : at_(std::chrono::steady_clock::now() +
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds))) {}

  bool expired() const { return std::chrono::steady_clock::now() >= at_; }
  /// Milliseconds left, rounded up, for poll(2); 0 where it has passed.
  int remaining_ms() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<long long>(left.count(), 0, 1'000'000'000));
  }
  /// The earlier of this and `seconds` from now.
  Deadline sooner(double seconds) const {
    Deadline other(seconds);
    return other.at_ < at_ ? other : *this;
  }

 private:
  std::chrono::steady_clock::time_point at_;
};

}  // namespace thimble
