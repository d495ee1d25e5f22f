#include "profiler/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr std::size_t kKeptOutput = 64 * 1024;
constexpr int kFirstFree = 200;  // above what a child inherits by number

std::string cause() { return std::strerror(errno); }

/// A copy with a number that no child uses, so that putting descriptors into place overwrites none of them.
FileDescriptor out_of_the_way(int descriptor) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree);
  if (copy < 0) throw Error("cannot copy a file descriptor: " + cause());
  return FileDescriptor(copy);
}

/// Runs in the child between fork and exec, where only system calls are allowed.
[[noreturn]] void become(char* const* arguments, const std::pair<int, int>* descriptors, std::size_t count, int output,
                         pid_t parent, int exec_failed) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C is for us: we end it when we are done with it
  if (getppid() != parent) _exit(127);
  for (std::size_t i = 0; i < count; ++i) dup2(descriptors[i].first, descriptors[i].second);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(arguments[0], arguments);
  const int error = errno;
  if (write(exec_failed, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

int decode_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

void FileDescriptor::reset() {
  if (number_ >= 0) close(number_);
  number_ = -1;
}

std::pair<FileDescriptor, FileDescriptor> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe: " + cause());
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::pair<FileDescriptor, FileDescriptor> make_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw Error("cannot make a socket: " + cause());
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::vector<std::pair<int, int>>& descriptors) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  std::vector<FileDescriptor> kept;
  std::vector<std::pair<int, int>> inherited;
  for (const auto& [ours, its] : descriptors) {
    kept.push_back(out_of_the_way(ours));
    inherited.emplace_back(kept.back().number(), its);
  }
  auto [output, child_output] = make_pipe();
  auto [failure, child_failure] = make_pipe();
  output_ = std::move(output);
  child_output = out_of_the_way(child_output.number());
  child_failure = out_of_the_way(child_failure.number());
  const pid_t parent = getpid();
  id_ = fork();
  if (id_ < 0) throw Error("cannot start " + arguments.at(0) + ": " + cause());
  if (id_ == 0)
    become(pointers.data(), inherited.data(), inherited.size(), child_output.number(), parent, child_failure.number());
  child_failure.reset();
  pollfd started{failure.number(), POLLIN, 0};
  while (poll(&started, 1, -1) < 0 && errno == EINTR) {
  }
  int error = 0;
  if (read(failure.number(), &error, sizeof error) != sizeof error) return;
  wait(Deadline(10));
  throw Error("cannot start " + arguments.at(0) + ": " + std::strerror(error));
}

ChildProcess::~ChildProcess() { kill(); }

std::optional<int> ChildProcess::exit_code() {
  int status = 0;
  if (!exit_code_ && waitpid(id_, &status, WNOHANG) == id_) exit_code_ = decode_status(status);
  return exit_code_;
}

std::optional<int> ChildProcess::wait(const Deadline& deadline) {
  while (!exit_code() && !deadline.expired()) {
    pollfd text{output_.number(), POLLIN, 0};  // its end closes the pipe, or it has something to say
    poll(&text, 1, std::min(deadline.remaining_ms(), 20));
    read_output();
    if (text.revents & POLLHUP) usleep(1000);  // closed, but not yet ended
  }
  return exit_code();
}

std::string ChildProcess::output() {
  read_output();
  return text_;
}

void ChildProcess::read_output() {
  char block[4096];
  for (;;) {
    const ssize_t count = read(output_.number(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text_.append(block, static_cast<std::size_t>(count));
  }
  if (text_.size() > kKeptOutput) text_.erase(0, text_.size() - kKeptOutput);
}

void ChildProcess::kill() {
  if (exit_code()) return;
  ::kill(id_, SIGKILL);
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = decode_status(status);
}

}  // namespace thimble
