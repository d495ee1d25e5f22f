#include "profiler/cycle_model/core.hpp"

#include <bit>

namespace thimble::cycle_model {
namespace {

/// Cortex-M3: a smaller multiplier, with early termination (SMULL 3 to 5, SMLAL 4 to 7). The multipliers of
/// requantisation have all their bits, so the longest times count.
int alone_m3(const Instruction& instruction) {
  switch (instruction.operation) {
    case Operation::kMultiplyAccumulate:
      return 2;
    case Operation::kMultiplyLong:
      return 5;
    case Operation::kMultiplyLongAccumulate:
      return 7;
    default:
      return instruction.cycles;
  }
}

int step_in_order(const PipelineState& state, const Instruction& next, int alone) {
  return alone + (state.empty ? 0 : pairing_cycles(state.last, next));
}

bool is_multiply(const Instruction& instruction) {
  return instruction.operation != Operation::kSimple && instruction.operation != Operation::kDivide;
}

bool is_memory(const Instruction& instruction) {
  return instruction.kind == Kind::kLoad || instruction.kind == Kind::kStore ||
         instruction.kind == Kind::kStoreIndexed || instruction.kind == Kind::kMultiple ||
         instruction.kind == Kind::kFloatLoad || instruction.kind == Kind::kFloatTransfer;
}

bool is_vector(const Instruction& instruction) {
  return instruction.kind == Kind::kVectorMemory || instruction.kind == Kind::kVectorMultiply ||
         instruction.kind == Kind::kVectorOther;
}

/// Cycles of the issue stage, on a bus of 64 bits.
int issue_cycles(Core core, const Instruction& instruction) {
  constexpr int kSingleDivideCycles = 14;
  switch (instruction.kind) {
    case Kind::kMultiple:
      return 1 + (instruction.words + 1) / 2;
    case Kind::kFloatTransfer:
      return instruction.words > 2 ? 1 + (instruction.words + 1) / 2 : 1;
    case Kind::kFloat:
      return instruction.cycles == kSingleDivideCycles ? kSingleDivideCycles : 1;
    case Kind::kVectorMemory:
    case Kind::kVectorMultiply:
    case Kind::kVectorOther:
      return 2;  // four beats of 32 bits, two a cycle
    case Kind::kLoopEnd:
      return core == Core::kM55 ? 0 : 1;
    default:
      return instruction.operation == Operation::kDivide ? instruction.cycles : 1;
  }
}

/// Whether two instructions want what there is one of: the load-store unit, the multiplier, the floating-point unit.
bool share_unit(const Instruction& a, const Instruction& b) {
  return (is_memory(a) && is_memory(b)) || (is_multiply(a) && is_multiply(b)) || (a.branches && b.branches) ||
         (a.kind == Kind::kFloat && b.kind == Kind::kFloat);
}

bool may_join(Core core, const PipelineState& state, const Instruction& next) {
  const Instruction& last = state.last;
  if (!state.slot_free || is_vector(last) || is_vector(next) || share_unit(last, next)) return false;
  if (core == Core::kM55 && (last.size != 2 || next.size != 2)) return false;
  const bool long_ones = issue_cycles(core, last) > 1 || issue_cycles(core, next) > 1;
  const std::uint32_t results = state.fresh | state.late;
  return !long_ones && last.kind != Kind::kOther && next.kind != Kind::kOther && !(results & next.read) &&
         !(results & next.written) && !(last.float_written & next.float_read);
}

/// Cycles that `next` waits for what the cycle before it delivers.
int stall_cycles(const PipelineState& state, const Instruction& next) {
  const bool takes_sum =
      next.operation == Operation::kMultiplyAccumulate || next.operation == Operation::kMultiplyLongAccumulate;
  const std::uint32_t late = takes_sum ? state.late & ~(state.late_to_other & next.accumulator) : state.late;
  const bool waits = (late & next.read) || (state.fresh & next.address) || (state.last.float_written & next.float_read);
  return waits ? 1 : 0;
}

/// One vector instruction begins while the one before it is in its second half, where they are of different units.
int overlap_cycles(const PipelineState& state, const Instruction& next) {
  return is_vector(state.last) && is_vector(next) && state.last.kind != next.kind ? 1 : 0;
}

void deliver(PipelineState& state, const Instruction& next) {
  const bool late = next.kind == Kind::kLoad || is_multiply(next);
  if (late) state.late |= next.written;
  if (late && is_multiply(next)) state.late_to_other |= next.written;
  if (next.kind == Kind::kData && !late) state.fresh |= next.written;
}

int step_dual(Core core, PipelineState& state, const Instruction& next) {
  int cycles = 0;
  const bool joins = !state.empty && may_join(core, state, next);
  if (!joins) {
    cycles = issue_cycles(core, next);
    if (!state.empty) cycles += stall_cycles(state, next) - overlap_cycles(state, next);
    state.late = state.late_to_other = state.fresh = 0;
  }
  deliver(state, next);
  state.slot_free = !joins;
  return cycles;
}

}  // namespace

std::optional<Core> core_of(std::string_view name) {
  if (name == "cortex-m3") return Core::kM3;
  if (name == "cortex-m4") return Core::kM4;
  if (name == "cortex-m7") return Core::kM7;
  if (name == "cortex-m55") return Core::kM55;
  return {};
}

int step(Core core, PipelineState& state, const Instruction& next) {
  int cycles = 0;
  if (next.kind == Kind::kMarker)
    state.slot_free = false;
  else if (core == Core::kM3 || core == Core::kM4)
    cycles = step_in_order(state, next, core == Core::kM3 ? alone_m3(next) : next.cycles);
  else
    cycles = step_dual(core, state, next);
  state.empty = false;
  state.last = next;
  return cycles;
}

int taken_cycles(Core core, const Instruction& branch) {
  if (core == Core::kM7) return 1;
  if (core == Core::kM55 && branch.kind == Kind::kLoopEnd) return 0;
  return kTakenCycles;
}

}  // namespace thimble::cycle_model
