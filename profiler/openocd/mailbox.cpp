#include "profiler/openocd/mailbox.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>

#include "firmware_probe/mailbox.h"
#include "graph/base/check.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr std::uint32_t kMagic = offsetof(probe_mailbox, magic), kStarts = offsetof(probe_mailbox, starts);
constexpr std::uint32_t kToProbe = offsetof(probe_mailbox, to_probe), kFromProbe = offsetof(probe_mailbox, from_probe);
constexpr std::uint32_t kBytes = offsetof(probe_box, bytes);
constexpr std::uint32_t kDebugStatus = 0xE000EDF0;  // DHCSR (ARMv7-M manual C1.6.2)
constexpr std::uint32_t kHalted = 1u << 17, kLockedUp = 1u << 19;
constexpr auto kFirstPause = std::chrono::microseconds(200), kLongestPause = std::chrono::microseconds(5000);
constexpr double kTakenSeconds = 0.2;  // the firmware takes what it has not read by then no more

}  // namespace

bool Mailbox::wait_for(std::uint32_t offset, bool zero, const Deadline& deadline, std::uint32_t* value) {
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    const std::uint32_t word = openocd_.read_word(address_ + offset);
    if (value != nullptr) *value = word;
    if ((word == 0) == zero) return true;
    if (deadline.expired()) return false;
    std::this_thread::sleep_for(pause);
  }
}

bool Mailbox::wait_until_open(const Deadline& deadline) {
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    if (openocd_.read_word(address_ + kMagic) == PROBE_MAILBOX_MAGIC) break;
    if (deadline.expired()) return false;
    std::this_thread::sleep_for(pause);
  }
  starts_ = openocd_.read_word(address_ + kStarts);
  return true;
}

void Mailbox::check_core() {
  const std::uint32_t status = openocd_.read_word(kDebugStatus);
  if (status & kLockedUp) throw BoardError(openocd_.board() + ": the core has locked up");
  if (status & kHalted) throw BoardError(openocd_.board() + ": the core stands still: a debugger has stopped it");
  if (openocd_.read_word(address_ + kMagic) != PROBE_MAILBOX_MAGIC || openocd_.read_word(address_ + kStarts) != starts_)
    throw BoardError(openocd_.board() + ": the firmware has started anew: the board was reset");
}

void Mailbox::write(std::span<const std::uint8_t> bytes, const Deadline& deadline) {
  THIMBLE_CHECK(bytes.size() <= PROBE_BOX_BYTES, "a frame fits its box");
  check_core();
  wait_for(kToProbe, true, deadline.sooner(kTakenSeconds));
  openocd_.write(address_ + kToProbe + kBytes, bytes);
  openocd_.write_word(address_ + kToProbe, static_cast<std::uint32_t>(bytes.size()));
}

std::size_t Mailbox::read(std::span<std::uint8_t> bytes, const Deadline& deadline) {
  if (received_.empty()) {
    std::uint32_t count = 0;
    if (!wait_for(kFromProbe, false, deadline, &count)) {
      check_core();
      return 0;
    }
    received_ = openocd_.read(address_ + kFromProbe + kBytes, std::min<std::size_t>(count, PROBE_BOX_BYTES));
    openocd_.write_word(address_ + kFromProbe, 0);
  }
  const std::size_t count = std::min(bytes.size(), received_.size());
  std::copy_n(received_.begin(), count, bytes.begin());
  received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

}  // namespace thimble
