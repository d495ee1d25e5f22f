#include "graph/base/loopback.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "graph/base/error.hpp"

namespace thimble {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

FileDescriptor new_socket() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) throw Error("no socket: " + std::string(std::strerror(errno)));
  return socket;
}

int free_port() {
  const FileDescriptor socket = new_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket.number(), general, size) != 0 || getsockname(socket.number(), general, &size) != 0)
    throw Error("no free port: " + std::string(std::strerror(errno)));
  return ntohs(address.sin_port);
}

}  // namespace thimble
