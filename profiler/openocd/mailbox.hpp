#pragma once
#include "profiler/openocd/openocd.hpp"
#include "profiler/transport.hpp"

namespace thimble {

/// Bytes to and from the firmware through two boxes in the board's RAM (firmware_probe/mailbox.h), while the core runs.
class Mailbox : public Transport {
 public:
  /// @param address  of the probe_mailbox
  Mailbox(OpenOcd& openocd, std::uint32_t address) : openocd_(openocd), address_(address) {}

  /// Waits until the firmware has opened its boxes. False where it has not until the deadline.
  /// @error BoardError  the memory cannot be read
  bool wait_until_open(const Deadline& deadline);

  void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) override;
  std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) override;

 private:
  /// Polls until the word is zero, or is not. False where the deadline passed.
  bool wait_for(std::uint32_t offset, bool zero, const Deadline& deadline, std::uint32_t* value = nullptr);
  /// @error BoardError  the core does not run, or the firmware has started anew since it opened the boxes
  void check_core();

  OpenOcd& openocd_;
  std::uint32_t address_;
  std::uint32_t starts_ = 0;
  std::vector<std::uint8_t> received_;
};

}  // namespace thimble
