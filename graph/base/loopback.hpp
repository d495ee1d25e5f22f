#pragma once
#include <netinet/in.h>

#include "graph/base/child_process.hpp"

namespace thimble {

/// A TCP address of this computer alone.
sockaddr_in loopback(int port);

/// A TCP socket, closed on exec. @error Error  the system has none left
FileDescriptor new_socket();

/// A port of this computer that nobody listens on at this moment.
int free_port();

}  // namespace thimble
