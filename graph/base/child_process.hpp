#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/deadline.hpp"
#include "graph/base/error.hpp"

namespace thimble {

/// A program that is not on PATH, or may not be run.
class NoSuchProgram : public Error {
 public:
  using Error::Error;
};

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

/// A program that runs beside us, without a shell. It is killed, with all that it started, when this object goes; it
/// alone when the thread that made it ends.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::pair<int, int>> descriptors{};  ///< {ours, its}: it inherits them under other numbers, from 3 on
    std::string folder{};                            ///< where it runs; empty: here
    std::size_t kept_output = 64 * 1024;             ///< bytes of its output, the last ones
  };

  /// @param arguments      program (found on PATH) and its arguments
  /// @error NoSuchProgram  it cannot be started
  /// @error Error          the system cannot start processes, or there is no such folder
  explicit ChildProcess(const std::vector<std::string>& arguments) : ChildProcess(arguments, Options()) {}
  ChildProcess(const std::vector<std::string>& arguments, const Options& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return id_; }
  /// The exit code, 128 + n after signal n; nothing while it runs.
  std::optional<int> exit_code();
  /// Waits for its end; nothing where the deadline passes first.
  std::optional<int> wait(const Deadline& deadline);
  /// Standard output and error so far, together.
  std::string output();
  void kill();

 private:
  void read_output();

  pid_t id_ = -1;
  std::optional<int> exit_code_;
  FileDescriptor output_;
  std::size_t kept_output_;
  std::string text_;
};

}  // namespace thimble
