#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "profiler/deadline.hpp"

namespace thimble {

/// A file descriptor that is closed when its owner goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int number() const { return number_; }
  void reset();

 private:
  int number_ = -1;
};

/// Both ends of a pipe, {read, write}, or of a stream socket; closed on exec, the first end non-blocking.
/// @error Error  the system has no descriptors left
std::pair<FileDescriptor, FileDescriptor> make_pipe();
std::pair<FileDescriptor, FileDescriptor> make_socket_pair();

/// A program that runs beside us. It is killed when this object goes, and when the thread that made it ends.
class ChildProcess {
 public:
  /// @param arguments    program (found on PATH) and its arguments
  /// @param descriptors  {ours, its}: descriptors that it inherits under other numbers, from 3 on
  /// @error Error        it cannot be started
  explicit ChildProcess(const std::vector<std::string>& arguments,
                        const std::vector<std::pair<int, int>>& descriptors = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return id_; }
  /// The exit code, 128 + n after signal n; nothing while it runs.
  std::optional<int> exit_code();
  /// Waits for its end; nothing where the deadline passes first.
  std::optional<int> wait(const Deadline& deadline);
  /// Standard output and error so far, the last 64 KiB of them.
  std::string output();
  void kill();

 private:
  void read_output();

  pid_t id_ = -1;
  std::optional<int> exit_code_;
  FileDescriptor output_;
  std::string text_;
};

}  // namespace thimble
