#pragma once
#include <compare>
#include <cstdint>

#include "profiler/cycle_model/instruction.hpp"

namespace thimble::cycle_model {

/// Instructions that are always executed one after the other; a marker is a block of its own.
struct Block {
  std::uint64_t begin = 0, end = 0;  ///< addresses, [begin, end)
  std::uint32_t instructions = 0;
  std::uint32_t cycles = 0;  ///< without what comes before the block, and without a taken branch at its end
  Instruction first, last;

  auto operator<=>(const Block&) const = default;

  /// Adds the instruction at `end`.
  void append(const Instruction& instruction);
};

/// Counts instructions and cycles of the region that is open.
class RegionCounter {
 public:
  bool open() const { return open_; }
  void begin();
  /// Closes the region; the counts stay.
  void end() { open_ = false; }

  /// `block` is executed next: pays for the way from the block before it, and for the block.
  void enter(const Block& block);
  /// The way to `next_address` alone: what is executed next is not counted.
  void leave_to(std::uint64_t next_address);
  void add_unaligned(int cycles) { cycles_ += static_cast<std::uint64_t>(cycles); }

  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t cycles() const { return cycles_; }

 private:
  bool open_ = false;
  std::uint64_t instructions_ = 0, cycles_ = 0;
  const Block* previous_ = nullptr;
};

}  // namespace thimble::cycle_model
