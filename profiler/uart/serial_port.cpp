#include "profiler/uart/serial_port.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <libserialport.h>
#include <poll.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include "graph/base/error.hpp"
#include "profiler/uart/port_user.hpp"

namespace thimble {
namespace {

namespace fs = std::filesystem;

constexpr double kBitsPerByte = 10;  // a start bit and a stop bit

std::vector<std::string> ports_like(const std::string& wildcard) {
  glob_t found{};
  std::vector<std::string> ports;
  if (glob(wildcard.c_str(), 0, nullptr, &found) == 0) ports.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return ports;
}

/// libserialport knows a port by the kernel's name for it: links such as those under /dev/serial/by-id are followed.
std::string kernel_name(const std::string& port) {
  std::error_code error;
  const fs::path device = fs::canonical(port, error);
  const bool known = !error && fs::exists("/sys/class/tty" / device.filename(), error);
  return known ? device.string() : port;
}

}  // namespace

std::string find_serial_port(const Board& board) {
  const std::string place = board.name + ".uart_port_wildcard = " + board.uart_port_wildcard;
  std::vector<std::string> ports = ports_like(board.uart_port_wildcard);
  if (ports.empty())
    throw BoardError(place + " matches no port: plug the board in, or name its port (ls /dev/serial/by-id)");
  const bool named_by_serial = ports.front().find("/by-id/") != std::string::npos;
  if (!board.probe_serial.empty() && (ports.size() > 1 || named_by_serial))
    std::erase_if(ports, [&](const std::string& port) { return port.find(board.probe_serial) == std::string::npos; });
  if (ports.empty())
    throw BoardError(place + " matches ports, but none with " + board.name + ".probe_serial = " + board.probe_serial +
                     " in its name: plug that board in, or correct the serial number");
  if (ports.size() == 1) return ports.front();
  std::string list;
  for (const std::string& port : ports) list += (list.empty() ? "" : ", ") + port;
  throw BoardError(place + " matches several ports: " + list + "; name one of them, or the board's probe_serial");
}

std::string serial_port_problem(const Board& board, const std::string& port, int error) {
  const std::string place = board.name + ": the port " + port;
  switch (error) {
    case EBUSY:
    case EAGAIN:
      return place + " is in use: end the program that has it open (fuser " + port + " names it)";
    case EACCES:
    case EPERM:
      return place + " is not ours to open: join its group (sudo usermod -aG dialout $USER) and log in anew";
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return place + " is gone: plug the board in again";
    default:
      return place + " cannot be opened as a serial port: " + std::strerror(error);
  }
}

void SerialPort::Close::operator()(sp_port* port) const {
  sp_close(port);
  sp_free_port(port);
}

SerialPort::SerialPort(const Board& board)
    : board_(board.name), name_(find_serial_port(board)), baudrate_(board.uart_baudrate) {
  open(board);
}

SerialPort::~SerialPort() = default;

void SerialPort::open(const Board& board) {
  const auto check = [&](sp_return result) {
    if (result == SP_OK) return;
    const int error = result == SP_ERR_FAIL ? sp_last_error_code() : ENOTTY;
    throw BoardError(serial_port_problem(board, name_, error));
  };
  if (const auto user = user_of(name_))
    throw BoardError(
        fmt::format("{}: the port {} is in use by {} (process {}): end it", board_, name_, user->name, user->id));
  sp_port* port = nullptr;
  check(sp_get_port_by_name(kernel_name(name_).c_str(), &port));
  port_.reset(port);
  check(sp_open(port, SP_MODE_READ_WRITE));
  // The kernel's own exclusive mode does not hold against root.
  check(sp_get_port_handle(port, &file_));
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) throw BoardError(serial_port_problem(board, name_, errno));
  if (sp_set_baudrate(port, board.uart_baudrate) != SP_OK)
    throw BoardError(
        fmt::format("{}.uart_baudrate = {}: the port {} does not run at that speed; 115200 is the firmware's", board_,
                    board.uart_baudrate, name_));
  check(sp_set_bits(port, 8));
  check(sp_set_parity(port, SP_PARITY_NONE));
  check(sp_set_stopbits(port, 1));
  check(sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE));
  check(sp_flush(port, SP_BUF_BOTH));
}

void SerialPort::throw_gone(const char* doing) const {
  throw BoardError(board_ + ": the port " + name_ + " was lost while " + doing + "; plug the board in again");
}

void SerialPort::write(std::span<const std::uint8_t> bytes, const Deadline& deadline) {
  // libserialport waits for ever where it is told to wait for 0 ms.
  const auto patience = static_cast<unsigned>(std::max(deadline.remaining_ms(), 1));
  const int count = sp_blocking_write(port_.get(), bytes.data(), bytes.size(), patience);
  if (count < 0) throw_gone("writing");
  if (static_cast<std::size_t>(count) < bytes.size())
    throw BoardError(board_ + ": the port " + name_ + " takes no more bytes");
  // The kernel has them; whoever waits for an answer begins when they have gone.
  const std::chrono::duration<double> on_the_wire(kBitsPerByte * static_cast<double>(bytes.size()) / baudrate_);
  std::this_thread::sleep_for(
      std::min<std::chrono::duration<double>>(on_the_wire, std::chrono::milliseconds(deadline.remaining_ms())));
}

/// libserialport would wait for more from a port that was unplugged: poll(2) tells.
std::size_t SerialPort::read(std::span<std::uint8_t> bytes, const Deadline& deadline) {
  for (;;) {
    pollfd port{file_, POLLIN, 0};
    const int ready = poll(&port, 1, deadline.remaining_ms());
    if (ready < 0 && errno != EINTR) throw_gone("reading");
    const int count = sp_nonblocking_read(port_.get(), bytes.data(), bytes.size());
    if (count < 0) throw_gone("reading");
    if (count > 0) return static_cast<std::size_t>(count);
    if (port.revents != 0) throw_gone("reading");
    if (deadline.expired()) return 0;
  }
}

}  // namespace thimble
