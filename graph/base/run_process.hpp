#pragma once
#include <string>
#include <vector>

namespace thimble {

struct ProcessResult {
  int exit_code = 0;       ///< 127 where the program does not exist, 128 + n where signal n ended it
  std::string output;      ///< standard output and standard error together, the last 4 MiB
  bool timed_out = false;  ///< it was killed at its deadline, with all that it had started
};

/// Longer than any compilation of ours takes, shorter than a night: a hung tool must not take one.
inline constexpr double kToolSeconds = 600;

/// Runs a program found on PATH, without a shell, and waits for it.
/// @param folder      where it runs; empty: here
/// @param deadline_s  seconds until it is killed
/// @error Error       the system cannot start processes, or there is no such folder
ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder = "",
                          double deadline_s = kToolSeconds);

/// How a program that was killed at its deadline is told: "make: did not end within 600 s and was stopped; ...".
std::string timeout_text(const std::string& program, double deadline_s, const std::string& output);

}  // namespace thimble
