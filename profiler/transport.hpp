#pragma once
#include <cstdint>
#include <span>

#include "graph/base/deadline.hpp"

namespace thimble {

/// How bytes go to a probe and come back.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Sends all of them.
  /// @error BoardError  the other side is gone, or takes nothing until the deadline
  virtual void write(std::span<const std::uint8_t> bytes, const Deadline& deadline) = 0;
  /// Waits for at least one byte, and returns how many came: 0 where the deadline passed.
  /// @error BoardError  the other side is gone
  virtual std::size_t read(std::span<std::uint8_t> bytes, const Deadline& deadline) = 0;
};

}  // namespace thimble
