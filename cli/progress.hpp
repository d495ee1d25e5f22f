#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace thimble {

/// A progress bar on stderr that knows its total: redrawn on a terminal, a plain line every few seconds elsewhere.
class Progress {
 public:
  Progress(std::string what, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `note` is a short remark, e.g. "loss 0.412".
  void update(std::int64_t done, const std::string& note = "");

  static bool is_quiet();
  static void set_quiet(bool quiet);  ///< no progress at all (--quiet)

 private:
  void draw();
  std::string what_, note_;
  std::int64_t total_, done_ = 0, first_ = -1;
  std::chrono::steady_clock::time_point start_, drawn_;
  bool terminal_;
};

/// "3 m 12 s", "45 s".
std::string duration_text(double seconds);

/// One line on stderr, not drawn over by a bar.
void say(const std::string& line);

}  // namespace thimble
