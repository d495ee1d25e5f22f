#pragma once
#include <chrono>
#include <string>

#include "profiler/farm/sweep.hpp"

namespace thimble {

/// A running sweep on stderr: a table that is drawn anew on a terminal, a plain line every some seconds elsewhere.
class SweepTable {
 public:
  /// @param settled  tasks that were settled when the sweep began
  explicit SweepTable(std::int64_t settled);
  void show(const SweepStatus& status);
  /// The last state stays on the screen.
  void end(const SweepStatus& status);
  /// A line above the table.
  void tell(const std::string& line);

 private:
  std::string head(const SweepStatus& status) const;
  std::string table(const SweepStatus& status) const;
  void erase();

  std::int64_t settled_;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_;
  int lines_ = 0;  ///< on the screen
};

}  // namespace thimble
