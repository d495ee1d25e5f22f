#pragma once
#include <memory>
#include <string>

#include "profiler/board.hpp"
#include "profiler/transport.hpp"

struct sp_port;

namespace thimble {

/// The one port of this computer that a board's uart_port_wildcard matches. Of several, the one whose name holds the
/// board's probe_serial, as names under /dev/serial/by-id do.
/// @error BoardError  there is none, or more than one: which, and what to do
std::string find_serial_port(const Board& board);

/// Why a port cannot be opened, and what to do.
/// @param error  of errno
std::string serial_port_problem(const Board& board, const std::string& port, int error);

/// A serial port: uart_baudrate, 8N1, no flow control, and nobody else's meanwhile. Over libserialport, which knows
/// real ports and no pseudo terminals.
class SerialPort : public Transport {
 public:
  /// Finds and opens the board's port; what it received earlier is dropped.
  /// @error BoardError  of find_serial_port; the port is in use, forbidden, or no serial port
  explicit SerialPort(const Board& board);
  ~SerialPort() override;

  const std::string& name() const { return name_; }
  /// Takes as long as the bytes take on the wire.
  void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) override;
  std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) override;

 private:
  struct Close {
    void operator()(sp_port* port) const;
  };
  void open(const Board& board);
  [[noreturn]] void throw_gone(const char* doing) const;

  std::string board_, name_;
  std::unique_ptr<sp_port, Close> port_;
  int file_ = -1;  ///< of port_
  int baudrate_;
};

}  // namespace thimble
