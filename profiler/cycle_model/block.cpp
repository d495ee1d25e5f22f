#include "profiler/cycle_model/block.hpp"

namespace thimble::cycle_model {

void Block::append(const Instruction& instruction) {
  const bool empty = begin == end;
  const int paired = empty ? 0 : pairing_cycles(last, instruction);
  if (empty) first = instruction;
  last = instruction;
  end += instruction.size;
  if (instruction.kind == Kind::kMarker) return;
  ++instructions;
  cycles += static_cast<std::uint32_t>(instruction.cycles + paired);
}

void RegionCounter::begin() {
  open_ = true;
  instructions_ = cycles_ = 0;
  previous_ = nullptr;
}

void RegionCounter::leave_to(std::uint64_t next_address) {
  if (previous_ && previous_->last.branches && previous_->end != next_address) cycles_ += kTakenCycles;
}

void RegionCounter::enter(const Block& block) {
  leave_to(block.begin);
  // The emulator cuts straight code where it likes: the pair across the cut is a pair all the same.
  if (previous_ && previous_->end == block.begin)
    cycles_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(pairing_cycles(previous_->last, block.first)));
  instructions_ += block.instructions;
  cycles_ += block.cycles;
  previous_ = &block;
}

}  // namespace thimble::cycle_model
