#include "deploy/subprocess.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

[[noreturn]] void become(std::vector<char*> arguments, const std::string& folder, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C is for us: a compiler that it ended would look like one that failed
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (folder.empty() || chdir(folder.c_str()) == 0) execvp(arguments[0], arguments.data());
  _exit(127);
}

std::string read_all(int file) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t count = read(file, block, sizeof block);
    if (count > 0) text.append(block, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(arguments.at(0) + ": no pipe could be made");
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    throw Error(arguments.at(0) + ": no process could be made");
  }
  if (child == 0) become(std::move(pointers), folder, ends[1]);
  close(ends[1]);
  ProcessResult result;
  result.output = read_all(ends[0]);
  close(ends[0]);
  result.exit_code = wait_for(child);
  return result;
}

}  // namespace thimble
