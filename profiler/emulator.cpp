#include "profiler/emulator.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "graph/base/error.hpp"
#include "profiler/cycle_model/core.hpp"
#include "profiler/resources.hpp"

namespace thimble {
namespace {

constexpr int kUartInChild = 3, kRegionsInChild = 4;
constexpr const char* kEmulator = "qemu-system-arm";

std::string cycle_model_of(const Board& board) {
  if (board.kind() != BoardKind::kVirtual) throw BoardError(board.name + " is not a virtual board");
  if (!cycle_model::core_of(board.core)) throw BoardError(board.name + ": there is no cycle model of a " + board.core);
  const std::filesystem::path plugin = find_resource(kCycleModel);
  if (plugin.empty()) throw BoardError(board.name + ": " + kCycleModel + " is missing; build Thimble again");
  return plugin.string();
}

/// As QEMU's option lists want it: a comma in a value is written twice.
std::string option_value(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == ',' ? std::string(",,") : std::string(1, c);
  return result;
}

std::vector<std::string> command(const Board& board, const std::filesystem::path& image) {
  return {
      kEmulator,
      "-machine",
      board.qemu_machine,
      "-monitor",
      "none",
      "-display",
      "none",
      "-chardev",
      "socket,id=uart,fd=" + std::to_string(kUartInChild),
      "-serial",
      "chardev:uart",
      "-semihosting-config",
      "enable=on,target=native",
      "-plugin",
      option_value(cycle_model_of(board)) + ",core=" + board.core + ",out=/dev/fd/" + std::to_string(kRegionsInChild),
      "-kernel",
      image.string()};
}

}  // namespace

std::vector<RegionCount> take_regions(std::string& text) {
  std::vector<RegionCount> regions;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    RegionCount region;
    const char* last = text.data() + end;
    const auto first = std::from_chars(text.data() + begin, last, region.instructions);
    const auto second = first.ptr < last ? std::from_chars(first.ptr + 1, last, region.cycles) : first;
    if (first.ec != std::errc() || second.ec != std::errc() || second.ptr != last)
      throw BoardError("the cycle model wrote '" + text.substr(begin, end - begin) + "'");
    regions.push_back(region);
  }
  text.erase(0, begin);
  return regions;
}

Emulator::Emulator(const Board& board, const std::filesystem::path& image) {
  std::error_code error;
  if (!std::filesystem::exists(image, error)) throw BoardError(board.name + ": there is no image " + image.string());
  const std::vector<std::string> arguments = command(board, image);
  try {
    auto [uart, child_uart] = make_socket_pair();
    auto [regions, child_regions] = make_pipe();
    uart_ = std::move(uart);
    regions_ = std::move(regions);
    child_ = std::make_unique<ChildProcess>(
        arguments, ChildProcess::Options{.descriptors = {{child_uart.number(), kUartInChild},
                                                         {child_regions.number(), kRegionsInChild}}});
  } catch (const NoSuchProgram& failure) {
    throw BoardError(board.name + ": " + failure.what() + "; apt install qemu-system-arm");
  } catch (const Error& failure) {
    throw BoardError(board.name + ": " + failure.what());
  }
}

void Emulator::throw_dead() {
  const std::optional<int> code = child_->wait(Deadline(2));
  std::string message = std::string(kEmulator) + (code ? " ended with " + std::to_string(*code) : " closed its UART");
  const std::string text = child_->output();
  throw BoardError(message + (text.empty() ? "" : ": " + text));
}

void Emulator::read_regions() {
  char block[4096];
  for (ssize_t count; (count = ::read(regions_.number(), block, sizeof block)) > 0;)
    region_text_.append(block, static_cast<std::size_t>(count));
}

bool Emulator::wait_for_uart(short events, const Deadline& deadline) {
  for (;;) {
    pollfd files[2] = {{uart_.number(), events, 0}, {regions_.number(), POLLIN, 0}};
    const int ready = poll(files, 2, deadline.remaining_ms());
    if (ready < 0 && errno != EINTR)
      throw BoardError("cannot wait for the emulator: " + std::string(std::strerror(errno)));
    if (files[1].revents & POLLIN) read_regions();
    if (files[0].revents) return true;
    if (files[1].revents & POLLHUP) throw_dead();
    if (deadline.expired()) return false;
  }
}

void Emulator::write(std::span<const std::uint8_t> bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(uart_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno != EAGAIN && errno != EINTR) throw_dead();
    if (!wait_for_uart(POLLOUT, deadline)) throw BoardError("the emulated UART takes no more bytes");
  }
}

std::size_t Emulator::read(std::span<std::uint8_t> bytes, const Deadline& deadline) {
  for (;;) {
    const ssize_t count = ::read(uart_.number(), bytes.data(), bytes.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) throw_dead();
    if (!wait_for_uart(POLLIN, deadline)) return 0;
  }
}

std::vector<RegionCount> Emulator::take_regions() {
  read_regions();
  return thimble::take_regions(region_text_);
}

std::optional<int> Emulator::wait(const Deadline& deadline) {
  std::optional<int> code;
  while (!(code = child_->wait(deadline.sooner(0.05))) && !deadline.expired()) read_regions();
  return code;
}

}  // namespace thimble
