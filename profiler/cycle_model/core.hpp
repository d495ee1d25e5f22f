#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "profiler/cycle_model/instruction.hpp"

namespace thimble::cycle_model {

/// The cores that the model knows. How well each is founded: profiler/README.md.
enum class Core : std::uint8_t {
  kM3,   ///< Cortex-M3 TRM r2p1, table 3-1
  kM4,   ///< Cortex-M4 TRM r0p1, tables 3-1 and 7-1: the rules of decode() and pairing_cycles()
  kM7,   ///< no table is published: an in-order pipeline that issues two instructions a cycle, an approximation
  kM55,  ///< the same for pairs of 16-bit instructions, and vectors at two beats a cycle, an approximation
};

/// As -mcpu= names it, "cortex-m4"; nothing for a core without rules.
std::optional<Core> core_of(std::string_view name);

/// What the next instruction needs to know of those before it.
struct PipelineState {
  bool empty = true;                ///< nothing was executed, or a branch was taken
  Instruction last;                 ///< executed directly before
  bool slot_free = false;           ///< `last` was issued first in its cycle: another may join it
  std::uint32_t late = 0;           ///< core registers that the current cycle's instructions deliver a cycle late
  std::uint32_t late_to_other = 0;  ///< those of them that a multiply-accumulate may take as its sum at once
  std::uint32_t fresh = 0;          ///< core registers that data processing of the current cycle writes

  auto operator<=>(const PipelineState&) const = default;
};

/// Cycles that `next` takes after `state`, which it moves on. A branch that is taken costs taken_cycles more.
int step(Core core, PipelineState& state, const Instruction& next);

/// Refill of the pipeline after a taken branch. The rules of the M4 (manual: 1 to 3) and the M3 say 2; the M7 predicts
/// branches, 1; the M55 keeps the branch of a low-overhead loop in its loop cache, 0, and takes 2 for any other.
int taken_cycles(Core core, const Instruction& branch);

}  // namespace thimble::cycle_model
