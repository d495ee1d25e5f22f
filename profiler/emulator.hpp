#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/base/child_process.hpp"
#include "profiler/board.hpp"
#include "profiler/regions.hpp"
#include "profiler/transport.hpp"

namespace thimble {

/// The plugin that counts cycles, as find_resource knows it.
inline constexpr const char* kCycleModel = "lib/thimble/libthimble_cycles.so";

/// What the cycle model counted between `dbg #1` and `dbg #2`: complete lines of `text` ("INSTRUCTIONS CYCLES"), which
/// are taken off it.
std::vector<RegionCount> take_regions(std::string& text);

/// QEMU with the cycle model, running an image; its UART is a transport. Killed when this object goes.
class Emulator : public Transport {
 public:
  /// @error BoardError  QEMU, the cycle model or the image is missing, or the board is not virtual
  Emulator(const Board& board, const std::filesystem::path& image);

  void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) override;
  std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) override;

  /// Regions that ended since they were taken last.
  std::vector<RegionCount> take_regions();
  /// Waits until the firmware ends the emulation (semihosting); nothing where the deadline passes first.
  std::optional<int> wait(const Deadline& deadline);
  /// What QEMU and the firmware wrote to the console.
  std::string output() { return child_->output(); }
  pid_t id() const { return child_->id(); }

 private:
  void read_regions();
  /// Waits until the UART is ready for `events`, and reads regions meanwhile. False where the deadline passed.
  bool wait_for_uart(short events, const Deadline& deadline);
  [[noreturn]] void throw_dead();

  FileDescriptor uart_, regions_;
  std::string region_text_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace thimble
