#pragma once
#include <cstdint>
#include <vector>

#include "profiler/cycle_model/core.hpp"

namespace thimble::cycle_model {

/// Instructions that are always executed one after the other; a marker is a block of its own.
struct Block {
  std::uint64_t begin = 0, end = 0;  ///< addresses, [begin, end)
  std::vector<Instruction> code;

  auto operator<=>(const Block&) const = default;

  /// Adds the instruction at `end`.
  void append(const Instruction& instruction);
  /// Markers are not counted.
  std::uint64_t instructions() const;
};

/// A block with what it costs, which depends on what was executed before it; the few answers are kept.
class CostedBlock {
 public:
  explicit CostedBlock(Block block) : block_(std::move(block)), instructions_(block_.instructions()) {}

  const Block& block() const { return block_; }
  std::uint64_t instructions() const { return instructions_; }
  /// Cycles after `state`, which it moves on; without a taken branch at its end.
  std::uint64_t run(Core core, PipelineState& state);

 private:
  struct Answer {
    PipelineState before, after;
    std::uint64_t cycles;
  };
  Block block_;
  std::uint64_t instructions_;
  std::vector<Answer> answers_;
};

/// Counts instructions and cycles of the region that is open.
class RegionCounter {
 public:
  explicit RegionCounter(Core core = Core::kM4) : core_(core) {}

  bool open() const { return open_; }
  void begin();
  /// Closes the region; the counts stay.
  void end() { open_ = false; }

  /// `block` is executed next: pays for the way from the block before it, and for the block.
  void enter(CostedBlock& block);
  /// The way to `next_address` alone: what is executed next is not counted.
  void leave_to(std::uint64_t next_address);
  void add_unaligned(int cycles) { cycles_ += static_cast<std::uint64_t>(cycles); }

  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t cycles() const { return cycles_; }

 private:
  Core core_;
  bool open_ = false;
  std::uint64_t instructions_ = 0, cycles_ = 0;
  PipelineState state_;
  std::uint64_t next_ = 0;  ///< address behind what was executed last
};

}  // namespace thimble::cycle_model
