#include "cli/stop.hpp"

#include <csignal>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

std::atomic<bool> stopped{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

extern "C" void ask_to_stop(int signal) {
  stopped = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void install_stop_handler() {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  if (std::signal(SIGHUP, ask_to_stop) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  std::signal(SIGPIPE, SIG_IGN);
}

const std::atomic<bool>& stop_flag() { return stopped; }

void throw_if_stopped() {
  if (stopped) throw Interrupted("interrupted");
}

}  // namespace thimble
