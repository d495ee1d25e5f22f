#include "graph/base/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace thimble {
namespace {

constexpr int kFirstFree = 200;  // above what a child inherits by number

std::string cause() { return std::strerror(errno); }

/// A copy with a number that no child uses, so that putting descriptors into place overwrites none of them.
FileDescriptor out_of_the_way(int descriptor) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree);
  if (copy < 0) throw Error("cannot copy a file descriptor: " + cause());
  return FileDescriptor(copy);
}

/// What the child needs between fork and exec, where only system calls are allowed.
struct Start {
  char* const* arguments;
  const std::pair<int, int>* descriptors;
  std::size_t count;
  const char* folder;
  int output, failed;
  pid_t parent;
};

/// Why a child did not become its program.
struct Failure {
  int error = 0;
  bool of_folder = false;
};

[[noreturn]] void give_up(const Start& start, bool of_folder) {
  const Failure failure{errno, of_folder};
  if (write(start.failed, &failure, sizeof failure) < 0) _exit(126);
  _exit(127);
}

[[noreturn]] void become(const Start& start) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C is for us: a compiler that it ended would look like one that failed
  if (getppid() != start.parent) _exit(127);
  for (std::size_t i = 0; i < start.count; ++i) dup2(start.descriptors[i].first, start.descriptors[i].second);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(start.output, STDOUT_FILENO);
  dup2(start.output, STDERR_FILENO);
  if (*start.folder != '\0' && chdir(start.folder) != 0) give_up(start, true);
  execvp(start.arguments[0], start.arguments);
  give_up(start, false);
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

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const Options& options)
    : kept_output_(options.kept_output) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  std::vector<FileDescriptor> kept;
  std::vector<std::pair<int, int>> inherited;
  for (const auto& [ours, its] : options.descriptors) {
    kept.push_back(out_of_the_way(ours));
    inherited.emplace_back(kept.back().number(), its);
  }
  auto [output, child_output] = make_pipe();
  auto [failure, child_failure] = make_pipe();
  output_ = std::move(output);
  child_output = out_of_the_way(child_output.number());
  child_failure = out_of_the_way(child_failure.number());
  const Start start{.arguments = pointers.data(),
                    .descriptors = inherited.data(),
                    .count = inherited.size(),
                    .folder = options.folder.c_str(),
                    .output = child_output.number(),
                    .failed = child_failure.number(),
                    .parent = getpid()};
  id_ = fork();
  if (id_ < 0) throw Error("cannot start " + arguments.at(0) + ": " + cause());
  if (id_ == 0) become(start);
  child_failure.reset();
  pollfd started{failure.number(), POLLIN, 0};
  while (poll(&started, 1, -1) < 0 && errno == EINTR) {
  }
  Failure why;
  if (read(failure.number(), &why, sizeof why) != sizeof why) return;
  wait(Deadline(10));
  const std::string message = "cannot start " + arguments.at(0) + ": " + std::strerror(why.error);
  if (why.of_folder) throw Error(message + ": " + options.folder);
  throw NoSuchProgram(message);
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
  if (text_.size() > kept_output_) text_.erase(0, text_.size() - kept_output_);
}

void ChildProcess::kill() {
  if (exit_code()) return;
  ::kill(-id_, SIGKILL);  // its group: a make's compilers too
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = decode_status(status);
}

}  // namespace thimble
