#include "profiler/cycle_model/block.hpp"

namespace thimble::cycle_model {

void Block::append(const Instruction& instruction) {
  code.push_back(instruction);
  end += instruction.size;
}

std::uint64_t Block::instructions() const {
  std::uint64_t count = 0;
  for (const Instruction& instruction : code) count += instruction.kind != Kind::kMarker;
  return count;
}

std::uint64_t CostedBlock::run(Core core, PipelineState& state) {
  for (const Answer& known : answers_) {
    if (known.before != state) continue;
    state = known.after;
    return known.cycles;
  }
  Answer answer{state, state, 0};
  for (const Instruction& instruction : block_.code)
    answer.cycles += static_cast<std::uint64_t>(step(core, answer.after, instruction));
  answers_.push_back(answer);
  state = answer.after;
  return answer.cycles;
}

void RegionCounter::begin() {
  open_ = true;
  instructions_ = cycles_ = 0;
  state_ = {};
}

void RegionCounter::leave_to(std::uint64_t next_address) {
  if (state_.empty || next_ == next_address) return;
  // An interrupt goes elsewhere without a branch; the pipeline is as empty.
  if (state_.last.branches) cycles_ += static_cast<std::uint64_t>(taken_cycles(core_, state_.last));
  state_ = {};
}

void RegionCounter::enter(CostedBlock& block) {
  leave_to(block.block().begin);
  instructions_ += block.instructions();
  cycles_ += block.run(core_, state_);
  next_ = block.block().end;
}

}  // namespace thimble::cycle_model
