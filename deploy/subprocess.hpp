#pragma once
#include <string>
#include <vector>

namespace thimble {

struct ProcessResult {
  int exit_code = 0;   ///< 127 where the program does not exist, 128 + n where signal n ended it
  std::string output;  ///< standard output and standard error together
};

/// Runs a program found on PATH, without a shell, and waits for it.
/// @param folder  where it runs; empty: here
/// @error Error   the system cannot start processes
ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder = "");

}  // namespace thimble
