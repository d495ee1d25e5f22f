#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "graph/base/child_process.hpp"
#include "graph/base/deadline.hpp"

namespace thimble {

struct TclAnswer {
  bool failed = false;
  std::string text;  ///< what the command returned, or why it failed
};

/// OpenOCD's Tcl server: commands and answers, each ended by 0x1a (OpenOCD user's guide, "Tcl RPC server").
class TclClient {
 public:
  /// @return nothing where nobody listens on the port
  static std::optional<TclClient> connect(int port);

  /// @error BoardError  OpenOCD is gone, or does not answer until the deadline
  TclAnswer command(const std::string& text, const Deadline& deadline);

 private:
  explicit TclClient(FileDescriptor socket) : socket_(std::move(socket)) {}
  void send(const std::string& text, const Deadline& deadline);
  std::string receive(const Deadline& deadline);

  FileDescriptor socket_;
  std::string received_;
  std::uint64_t commands_ = 0;
};

}  // namespace thimble
