#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace thimble {

/// Something outside the program failed: a file, a library, a tool. The message names the place and the cause.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A board, its probe or its emulator failed; the command ends with exit code 4.
class BoardError : public Error {
 public:
  using Error::Error;
};

/// Nothing meets the target's limits; the command ends with exit code 3.
class DoesNotFitError : public Error {
 public:
  using Error::Error;
};

/// The user asked to stop; what was done is kept and can be resumed. The command ends with exit code 130.
class Interrupted : public Error {
 public:
  using Error::Error;
};

/// One thing wrong in a user's file or command line.
struct ConfigIssue {
  std::string file;   ///< as the user gave it; empty for the command line
  int line = 0;       ///< 1-based; 0 where there is no line
  int column = 0;     ///< 1-based
  std::string key;    ///< e.g. "target.sram_kb"
  std::string value;  ///< as written; empty where it is missing
  std::string rule;   ///< what must hold, e.g. "must be > 0"
};

/// All that is wrong with one input, thrown once; the command ends with exit code 2.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<ConfigIssue> issues);
  const std::vector<ConfigIssue>& issues() const { return issues_; }

 private:
  std::vector<ConfigIssue> issues_;
};

/// The issues as shown to the user: a head line per file, then `line:column key = value    rule`.
std::string to_text(const std::vector<ConfigIssue>& issues);

}  // namespace thimble
