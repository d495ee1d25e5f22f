#pragma once
#include <stdexcept>
#include <string>

namespace thimble {

/// Thrown by THIMBLE_CHECK: our own bug, never the user's.
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line, const std::string& message) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) + ": " + condition + ": " + message);
}

}  // namespace thimble

/// An invariant of ours, checked in release builds too. `message` may be any std::string expression.
#define THIMBLE_CHECK(condition, message)                                                 \
  do {                                                                                    \
    if (!(condition)) ::thimble::check_failed(#condition, __FILE__, __LINE__, (message)); \
  } while (false)
