#include "profiler/openocd/openocd.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <sstream>
#include <thread>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr double kStartSeconds = 15, kMemorySeconds = 6, kResetSeconds = 10, kFlashSeconds = 60;
constexpr double kFirstAnswerSeconds = 0.5;
constexpr int kMostPorts = 5;
constexpr std::size_t kMostWords = 1024;  // of one command
constexpr double kLeastVolts = 1.7;       // that an STM32 runs from (data sheets: 1.7 to 1.71)

/// In braces a Tcl word may hold everything but braces.
std::string tcl_word(const std::string& text) { return "{" + text + "}"; }

/// What OpenOCD's log calls an error; its last line where it names none.
std::string errors_in(const std::string& log) {
  std::istringstream lines(log);
  const std::string mark = "Error: ";
  std::string last, errors;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
    if (line.starts_with(mark)) errors += (errors.empty() ? "" : "; ") + line.substr(mark.size());
  }
  return errors.empty() && !last.empty() ? "it says no more than: " + last : errors;
}

/// What a probe that measures it said of the target's supply.
std::optional<double> target_volts(const std::string& log) {
  const std::string mark = "Target voltage: ";
  const std::size_t at = log.rfind(mark);
  if (at == std::string::npos) return {};
  std::istringstream words(log.substr(at + mark.size()));
  double volts = 0;
  return words >> volts ? std::optional(volts) : std::nullopt;
}

/// Whether it has its port: the log says so of every server that it opens.
bool listens(const std::string& log) { return log.find(" for tcl connections") != std::string::npos; }

}  // namespace

std::vector<std::string> openocd_command(const Board& board, int tcl_port) {
  std::vector<std::string> arguments = {"openocd", "-f", board.openocd_config};
  const auto add = [&](const std::string& command) {
    arguments.push_back("-c");
    arguments.push_back(command);
  };
  if (!board.probe_serial.empty()) add("adapter serial " + tcl_word(board.probe_serial));
  if (!board.usb_path.empty()) add("adapter usb location " + tcl_word(board.usb_path));
  for (const std::string& extra : board.openocd_extra) add(extra);
  add("gdb_port disabled; telnet_port disabled; tcl_port " + std::to_string(tcl_port));
  add("init");
  return arguments;
}

OpenOcd::OpenOcd(const Board& board, const std::function<int()>& next_port) : board_(board.name), lock_(board.name) {
  int port = next_port();
  for (int tried = 1; !start(board, port); port = next_port())
    if (tried++ == kMostPorts)
      throw BoardError(fmt::format(
          "{}: OpenOCD gets no port of this computer: {}, the last one tried, is in use by another program; end that "
          "(ss -ltnp names it)",
          board_, port));
  check_supply();
}

bool OpenOcd::start(const Board& board, int port) {
  client_.reset();
  try {
    child_ = std::make_unique<ChildProcess>(openocd_command(board, port));
  } catch (const NoSuchProgram& failure) {
    throw BoardError(board_ + ": " + failure.what() + "; apt install openocd");
  }
  // The server answers only after `init`; a probe that is not there ends OpenOCD then.
  for (const Deadline deadline(kStartSeconds); !child_->wait(Deadline(0.01));) {
    if (deadline.expired()) throw BoardError(board_ + ": OpenOCD does not start: " + errors_in(child_->output()));
    if (!client_) client_ = TclClient::connect(port);
    if (const std::optional<bool> ours = client_ ? is_ours() : std::nullopt) return *ours;
  }
  if (child_->output().find("couldn't bind tcl to socket") != std::string::npos) return false;
  throw BoardError(board_ + ": OpenOCD finds no board: " + errors_in(child_->output()) +
                   "; check that its probe is plugged in (lsusb), and is the one that probe_serial, usb_path and " +
                   "openocd_config of the board's file name");
}

std::optional<bool> OpenOcd::is_ours() {
  try {
    const TclAnswer process = client_->command("pid", Deadline(kFirstAnswerSeconds));
    if (!process.failed) return process.text == std::to_string(id());
    // It does not know its number, and may be any server: ours says that it listens, once it does.
    if (child_->exit_code() || !listens(child_->output())) return {};
    return true;
  } catch (const BoardError&) {
    return {};
  }
}

/// A chip that is half on answers, and what it answers is not to be trusted.
void OpenOcd::check_supply() {
  if (const auto volts = target_volts(child_->output()); volts && *volts < kLeastVolts)
    throw BoardError(fmt::format("{}: the probe measures {:.2f} V at the target, which needs {} V: check its power",
                                 board_, *volts, kLeastVolts));
}

std::string OpenOcd::command(const std::string& text, double seconds) {
  const std::size_t said = child_->output().size();
  const TclAnswer answer = [&] {
    try {
      return client_->command(text, Deadline(seconds));
    } catch (const BoardError& failure) {
      throw BoardError(board_ + ": " + failure.what());
    }
  }();
  if (!answer.failed) return answer.text;
  // What is wrong is in the log more often than in the answer, and gets there by another way.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::string log = child_->output();
  const std::string why = errors_in(log.substr(std::min(said, log.size())));
  throw BoardError(board_ + ": OpenOCD's " + text.substr(0, text.find(' ')) +
                   " failed: " + (why.empty() ? answer.text : why));
}

std::vector<std::uint8_t> OpenOcd::read(std::uint32_t address, std::size_t bytes) {
  THIMBLE_CHECK(address % 4 == 0, "memory is read from a word on");
  std::vector<std::uint8_t> data;
  const std::size_t words = (bytes + 3) / 4;
  for (std::size_t at = 0; at < words; at += kMostWords) {
    const std::size_t part = std::min(words - at, kMostWords);
    std::istringstream values(command(fmt::format("read_memory {:#x} 32 {}", address + 4 * at, part), kMemorySeconds));
    values >> std::hex;
    std::uint32_t word;
    for (std::size_t i = 0; i < part; ++i) {
      if (!(values >> word)) throw BoardError(board_ + ": OpenOCD read less than it was asked for");
      for (int byte = 0; byte < 4; ++byte) data.push_back(static_cast<std::uint8_t>(word >> 8 * byte));
    }
  }
  data.resize(bytes);
  return data;
}

std::uint32_t OpenOcd::read_word(std::uint32_t address) {
  const std::vector<std::uint8_t> bytes = read(address, 4);
  return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
}

void OpenOcd::write(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  THIMBLE_CHECK(address % 4 == 0, "memory is written from a word on");
  for (std::size_t at = 0; at < bytes.size(); at += 4 * kMostWords) {
    std::string words;
    const std::size_t end = std::min(bytes.size(), at + 4 * kMostWords);
    for (std::size_t i = at; i < end; i += 4) {
      std::uint32_t word = 0;
      for (std::size_t byte = 0; byte < 4 && i + byte < end; ++byte) word |= std::uint32_t{bytes[i + byte]} << 8 * byte;
      words += fmt::format("{:#x} ", word);
    }
    command(fmt::format("write_memory {:#x} 32 {{{}}}", address + at, words), kMemorySeconds);
  }
}

void OpenOcd::write_word(std::uint32_t address, std::uint32_t value) {
  command(fmt::format("write_memory {:#x} 32 {:#x}", address, value), kMemorySeconds);
}

void OpenOcd::program(const std::filesystem::path& elf) {
  command("program " + tcl_word(elf.string()) + " verify", kFlashSeconds);
}

void OpenOcd::print_semihosting() { command("arm semihosting enable", kResetSeconds); }

void OpenOcd::reset() { command("reset run", kResetSeconds); }

}  // namespace thimble
