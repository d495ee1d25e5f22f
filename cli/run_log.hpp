#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace thimble {

/// log.txt of a run. Any thread may write to it.
class RunLog {
 public:
  /// Goes on at its end. @error Error  it cannot be written
  explicit RunLog(const std::filesystem::path& file);
  ~RunLog();

  /// A line with the time, here and on stderr.
  void tell(const std::string& line);
  /// Here alone.
  void note(const std::string& line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thimble
