#include "tests/profiler/stlink_board.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>

#include "profiler/doctor.hpp"

namespace thimble::test {
namespace {

constexpr double kStartSeconds = 20;

/// The port of "ready PORT"; 0 where it has not been said yet.
int port_in(const std::string& output) {
  std::istringstream words(output);
  std::string ready;
  int port = 0;
  words >> ready >> port;
  return ready == "ready" ? port : 0;
}

}  // namespace

std::string StLinkBoard::missing() {
  for (const Tool& tool : find_tools())
    if (!tool.found && (tool.name == "openocd" || tool.name == "qemu-system-arm" || tool.name == "arm-none-eabi-gcc"))
      return tool.name;
  return "";
}

StLinkBoard::StLinkBoard(const std::string& board, const std::string& part, const std::vector<std::string>& options)
    : board_(load_board(board)) {
  keep_locks_apart();
  std::vector<std::string> command = {"/usr/bin/python3", THIMBLE_SOURCE_DIR "/tests/stlink/serve", "--part", part,
                                      "--control",        (folder_.path() / "control").string()};
  command.insert(command.end(), options.begin(), options.end());
  server_ = std::make_unique<ChildProcess>(command);
  const Deadline deadline(kStartSeconds);
  int port = 0;
  while ((port = port_in(server_->output())) == 0) {
    if (server_->wait(Deadline(0.02)) || deadline.expired())
      throw std::runtime_error("the ST-LINK server does not start: " + server_->output());
  }
  board_.openocd_extra.insert(board_.openocd_extra.begin(), "hla_stlink_backend tcp " + std::to_string(port));
}

void StLinkBoard::ask_for_fault(const std::string& kind) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_.path() / "control").string(), text = "fault " + kind;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const auto* general = reinterpret_cast<const sockaddr*>(&address);
  if (sendto(socket.number(), text.data(), text.size(), 0, general, sizeof address) < 0)
    throw std::runtime_error("the ST-LINK server takes no faults");
}

}  // namespace thimble::test
