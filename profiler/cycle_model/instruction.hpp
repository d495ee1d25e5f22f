#pragma once
#include <cstdint>

namespace thimble::cycle_model {

/// What the pairing rules need to know of an instruction.
enum class Kind : std::uint8_t {
  kData,          ///< data processing on core registers
  kLoad,          ///< one word, halfword or byte into one register
  kStore,         ///< the same to memory, immediate offset
  kStoreIndexed,  ///< the same to memory, register offset
  kMultiple,      ///< LDM, STM, PUSH, POP, LDRD, STRD
  kBranch,
  kFloat,          ///< single precision, VFP
  kFloatLoad,      ///< VLDR of one word
  kFloatTransfer,  ///< the other loads and stores of VFP registers
  kVectorMemory,   ///< MVE: loads and stores
  kVectorMultiply,
  kVectorOther,
  kLoopEnd,  ///< LE: back to the begin of a low-overhead loop
  kIfThen,
  kMarker,  ///< DBG: begins and ends a timed region, not counted
  kOther,
};

/// What a core's multiplier or divider has to do for data processing.
enum class Operation : std::uint8_t {
  kSimple,
  kMultiply,
  kMultiplyAccumulate,  ///< MLA, MLS, and the DSP extension's
  kMultiplyLong,
  kMultiplyLongAccumulate,
  kDivide,
};

/// One Thumb-2 instruction as the cycle model sees it. Registers are bit sets: bit n is Rn or Sn.
struct Instruction {
  Kind kind = Kind::kOther;
  Operation operation = Operation::kSimple;
  std::uint8_t size = 2;            ///< bytes: 2 or 4
  std::uint8_t cycles = 1;          ///< alone on a Cortex-M4; a taken branch costs kTakenCycles more
  std::uint8_t words = 0;           ///< that a load or store of several registers moves
  std::uint8_t marker = 0;          ///< the number of a DBG
  bool branches = false;            ///< may go elsewhere than to the next instruction
  bool any_alignment = false;       ///< the core takes its address unaligned, at the price of unaligned_cycles
  std::uint32_t written = 0;        ///< core registers
  std::uint32_t read = 0;           ///< core registers, those of the address included
  std::uint32_t accumulator = 0;    ///< core registers that hold the sum of a multiply-accumulate
  std::uint32_t address = 0;        ///< core registers that form the address of a load or store
  std::uint32_t float_written = 0;  ///< by VFP arithmetic (not by moves and loads)
  std::uint32_t float_read = 0;

  auto operator<=>(const Instruction&) const = default;
};

/// Decodes by the ARMv7-M manual, section A5. `second` is ignored by 16-bit instructions.
/// Cycles are those of the Cortex-M4 TRM r0p1, tables 3-1 and 7-1, with zero wait states; where the manual gives a
/// range: division 7 (manual: 2 to 12).
Instruction decode(std::uint16_t first, std::uint16_t second);

/// True for the first halfword of a 32-bit instruction.
inline bool is_wide(std::uint16_t first) { return first >= 0xe800; }

/// Refill of the pipeline after a taken branch (manual: 1 to 3).
inline constexpr int kTakenCycles = 2;

/// Cycles that `current` costs more, or less where negative, because `previous` was executed directly before it on a
/// Cortex-M4 (or M3):
///   load or indexed store after a load that is not in its address:   -1   (TRM, "load/store timings")
///   VLDR after a load or VLDR:                                       -1   (fits a published float measurement)
///   IT after a 16-bit instruction:                                   -1   (folded)
///   any load or store after the data processing that wrote its
///   address or base register, VLDR, LDM, PUSH and so on included:    +1   (no forwarding to the address adder)
///   VFP after the VFP arithmetic whose result it reads:              +1   (TRM, table 7-1)
/// A branch that is not taken only folds an IT; where one is taken, nothing pairs across it.
int pairing_cycles(const Instruction& previous, const Instruction& current);

/// What an access of 1 << size_shift bytes at `address` costs beyond an aligned one: it is split on the bus.
///   halfword at an odd address 1; word at 2 mod 4 1; word at an odd address 2
int unaligned_cycles(unsigned size_shift, std::uint64_t address);

}  // namespace thimble::cycle_model
