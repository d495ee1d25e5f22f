#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/base/loopback.hpp"
#include "profiler/board.hpp"
#include "profiler/board_registry.hpp"
#include "profiler/openocd/tcl_client.hpp"

namespace thimble {

/// OpenOCD for one board: a process of ours on a port of its own, which ends with this object.
///
/// Whether a board is alive is told by what can be read and by our deadlines alone: OpenOCD itself goes on, and calls a
/// target running, when its probe is dead.
class OpenOcd {
 public:
  /// Starts it and waits until it has found the board, which is this process's from then on.
  /// @param next_port  to be listened on: another program may have it by then, so that the next one is tried
  /// @error BoardError  another process uses the board; OpenOCD is missing, or ends: with its own last words; other
  ///                    programs have all ports that were tried
  explicit OpenOcd(const Board& board, const std::function<int()>& next_port = free_port);

  /// Memory, while the core runs.
  /// @error BoardError  of these and those below: the probe or the chip does not do it, or not in time
  std::vector<std::uint8_t> read(std::uint32_t address, std::size_t bytes);
  std::uint32_t read_word(std::uint32_t address);
  /// @param address  multiple of 4; `bytes` are filled up with zeros to words
  void write(std::uint32_t address, std::span<const std::uint8_t> bytes);
  void write_word(std::uint32_t address, std::uint32_t value);
  /// Writes an ELF file into the flash and compares it; the core stands still afterwards.
  void program(const std::filesystem::path& elf);
  /// Resets the chip and lets it run.
  void reset();

  /// Lets the core print by semihosting, to output().
  void print_semihosting();
  const std::string& board() const { return board_; }
  /// What OpenOCD said so far, the last of it.
  std::string output() { return child_->output(); }
  pid_t id() const { return child_->id(); }

 private:
  /// @return false where another program listens on the port
  bool start(const Board& board, int port);
  /// Whether it is our process that answers on the port; nothing while nobody does.
  std::optional<bool> is_ours();
  void check_supply();
  std::string command(const std::string& text, double seconds);

  std::string board_;
  BoardLock lock_;
  std::unique_ptr<ChildProcess> child_;
  std::optional<TclClient> client_;
};

/// The command line for a board.
std::vector<std::string> openocd_command(const Board& board, int tcl_port);

}  // namespace thimble
