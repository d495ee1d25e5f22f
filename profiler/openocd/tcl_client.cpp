#include "profiler/openocd/tcl_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "graph/base/error.hpp"
#include "graph/base/loopback.hpp"

namespace thimble {
namespace {

constexpr char kEnd = 0x1a;

}  // namespace

std::optional<TclClient> TclClient::connect(int port) {
  FileDescriptor socket = new_socket();
  const sockaddr_in address = loopback(port);
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  const int one = 1;
  setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return TclClient(std::move(socket));
}

void TclClient::send(const std::string& text, const Deadline& deadline) {
  for (std::size_t at = 0; at < text.size();) {
    pollfd file{socket_.number(), POLLOUT, 0};
    if (poll(&file, 1, deadline.remaining_ms()) == 0) throw BoardError("OpenOCD takes no more commands");
    const ssize_t count = ::send(socket_.number(), text.data() + at, text.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) at += static_cast<std::size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR) throw BoardError("OpenOCD hung up");
  }
}

std::string TclClient::receive(const Deadline& deadline) {
  for (;;) {
    if (const std::size_t end = received_.find(kEnd); end != std::string::npos) {
      std::string answer = received_.substr(0, end);
      received_.erase(0, end + 1);
      return answer;
    }
    pollfd file{socket_.number(), POLLIN, 0};
    if (poll(&file, 1, deadline.remaining_ms()) == 0) throw BoardError("OpenOCD does not answer");
    char block[16384];
    const ssize_t count = recv(socket_.number(), block, sizeof block, MSG_DONTWAIT);
    if (count > 0) received_.append(block, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) throw BoardError("OpenOCD hung up");
  }
}

/// A command that fails returns its text without a mark of it: `catch` gives one. After an error OpenOCD wraps every
/// answer into the trace of that error: ours is what lies between our marks. Their number tells it from the late answer
/// to a command that was given up.
TclAnswer TclClient::command(const std::string& text, const Deadline& deadline) {
  const std::string begin = "<thimble " + std::to_string(++commands_) + ":", end = ":thimble>";
  send("set thimble_code [catch {" + text + "} thimble_text]; return \"" + begin + "$thimble_code $thimble_text" + end +
           "\"" + kEnd,
       deadline);
  for (;;) {
    const std::string answer = receive(deadline);
    const std::size_t first = answer.find(begin), last = answer.rfind(end);
    if (first == std::string::npos || last == std::string::npos || last < first + begin.size() + 2) continue;
    const std::size_t code = first + begin.size();
    return {.failed = answer[code] != '0', .text = answer.substr(code + 2, last - code - 2)};
  }
}

}  // namespace thimble
