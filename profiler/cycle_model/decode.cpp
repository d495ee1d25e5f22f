#include <bit>

#include "profiler/cycle_model/float_decode.hpp"
#include "profiler/cycle_model/instruction.hpp"

// Bit patterns below are those of the ARMv7-M Architecture Reference Manual, sections A5.2 (16 bits) and A5.3 (32
// bits).
namespace thimble::cycle_model {
namespace {

constexpr int kDivideCycles = 7;
constexpr unsigned kProgramCounter = 15;
constexpr unsigned kStackPointer = 13, kLinkRegister = 14;

constexpr std::uint32_t bit(unsigned number) { return 1u << number; }
/// Bits [low, low + width) of `half`.
constexpr unsigned field(unsigned half, unsigned low, unsigned width) { return (half >> low) & ((1u << width) - 1); }

Instruction data(std::uint32_t written, std::uint32_t read) {
  return {.kind = Kind::kData, .written = written, .read = read};
}

/// Field 15 of a destination means "flags only", of an operand "none" or the program counter.
std::uint32_t unless_15(unsigned number) { return number == kProgramCounter ? 0 : bit(number); }

Instruction branch(std::uint32_t read = 0, int cycles = 1) {
  return {.kind = Kind::kBranch, .cycles = static_cast<std::uint8_t>(cycles), .branches = true, .read = read};
}

Instruction other(int cycles = 1) { return {.kind = Kind::kOther, .cycles = static_cast<std::uint8_t>(cycles)}; }

Instruction load(unsigned target, std::uint32_t address, bool any_alignment) {
  return {.kind = Kind::kLoad,
          .cycles = 2,
          .any_alignment = any_alignment,
          .written = bit(target),
          .read = address,
          .address = address};
}

Instruction store(unsigned source, bool indexed, std::uint32_t address, bool any_alignment) {
  return {.kind = indexed ? Kind::kStoreIndexed : Kind::kStore,
          .cycles = static_cast<std::uint8_t>(indexed ? 2 : 1),
          .any_alignment = any_alignment,
          .read = address | bit(source),
          .address = address};
}

/// LDM, STM, PUSH, POP.
Instruction multiple(unsigned register_list, bool loads, unsigned base) {
  const int words = std::popcount(register_list);
  return {.kind = Kind::kMultiple,
          .cycles = static_cast<std::uint8_t>(1 + words),
          .words = static_cast<std::uint8_t>(words),
          .branches = loads && (register_list & bit(kProgramCounter)),
          .written = loads ? register_list : 0,
          .read = bit(base) | (loads ? 0 : register_list),
          .address = bit(base)};
}

// ---- 16 bits ----------------------------------------------------------------------------------------------------

/// Shift, add, subtract, move, compare with an immediate.
Instruction decode_immediate16(unsigned half) {
  const unsigned opcode = field(half, 11, 5);  // LSL LSR ASR ADD-or-SUB MOV CMP ADD SUB
  if (opcode < 3) return data(bit(field(half, 0, 3)), bit(field(half, 3, 3)));
  if (opcode == 3) {
    const bool immediate = field(half, 10, 1);
    return data(bit(field(half, 0, 3)), bit(field(half, 3, 3)) | (immediate ? 0 : bit(field(half, 6, 3))));
  }
  const std::uint32_t target = bit(field(half, 8, 3));
  return data(opcode == 5 ? 0 : target, opcode == 4 ? 0 : target);
}

Instruction decode_register16(unsigned half) {
  const unsigned opcode = field(half, 6, 4);
  const bool flags_only = opcode == 8 || opcode == 10 || opcode == 11;  // TST, CMP, CMN
  const std::uint32_t target = bit(field(half, 0, 3)), operand = bit(field(half, 3, 3));
  Instruction result = data(flags_only ? 0 : target, opcode == 9 || opcode == 15 ? operand : target | operand);
  if (opcode == 13) result.operation = Operation::kMultiply;
  return result;
}

/// ADD, CMP, MOV on high registers; BX, BLX.
Instruction decode_special16(unsigned half) {
  const unsigned opcode = field(half, 8, 2);
  const unsigned destination = field(half, 0, 3) | field(half, 7, 1) << 3;
  const std::uint32_t operand = bit(field(half, 3, 4));
  if (opcode == 3) return branch(operand);
  const std::uint32_t read = operand | (opcode == 2 ? 0 : bit(destination));
  if (opcode == 1) return data(0, read);
  return destination == kProgramCounter ? branch(read) : data(bit(destination), read);
}

Instruction decode_load_store_register16(unsigned half) {
  const unsigned opcode = field(half, 9, 3);  // STR STRH STRB LDRSB LDR LDRH LDRB LDRSH
  const std::uint32_t address = bit(field(half, 3, 3)) | bit(field(half, 6, 3));
  const bool byte = opcode == 2 || opcode == 3 || opcode == 6;
  return opcode < 3 ? store(field(half, 0, 3), true, address, !byte) : load(field(half, 0, 3), address, !byte);
}

Instruction decode_load_store_immediate16(unsigned half) {
  const bool loads = field(half, 11, 1);
  if (half >= 0x9000) {  // on the stack, which is aligned
    const std::uint32_t address = bit(kStackPointer);
    return loads ? load(field(half, 8, 3), address, false) : store(field(half, 8, 3), false, address, false);
  }
  const bool byte = field(half, 12, 4) == 7;
  const std::uint32_t address = bit(field(half, 3, 3));
  return loads ? load(field(half, 0, 3), address, !byte) : store(field(half, 0, 3), false, address, !byte);
}

Instruction decode_miscellaneous16(unsigned half) {
  if ((half & 0xf500) == 0xb100) return branch(bit(field(half, 0, 3)));  // CBZ, CBNZ
  if ((half & 0xfe00) == 0xb400) return multiple((half & 0xff) | (half & 0x100) << 6, false, kStackPointer);
  if ((half & 0xfe00) == 0xbc00) return multiple((half & 0xff) | (half & 0x100) << 7, true, kStackPointer);
  switch (half >> 8) {
    case 0xb0:
      return data(bit(kStackPointer), bit(kStackPointer));
    case 0xb2:  // SXTH, SXTB, UXTH, UXTB
    case 0xba:
      return data(bit(field(half, 0, 3)), bit(field(half, 3, 3)));
    case 0xbf:
      return (half & 15) ? Instruction{.kind = Kind::kIfThen} : other();
    default:
      return other();  // CPS, BKPT
  }
}

Instruction decode_conditional16(unsigned half) {
  const unsigned condition = field(half, 8, 4);
  if (condition == 14) return other();  // UDF
  if (condition == 15) {                // SVC: one cycle, and the handler runs next
    Instruction result = other();
    result.branches = true;
    return result;
  }
  return branch();
}

Instruction decode16(unsigned half) {
  if (half < 0x4000) return decode_immediate16(half);
  if (half < 0x4400) return decode_register16(half);
  if (half < 0x4800) return decode_special16(half);
  if (half < 0x5000) return load(field(half, 8, 3), 0, false);  // LDR literal
  if (half < 0x6000) return decode_load_store_register16(half);
  if (half < 0xa000) return decode_load_store_immediate16(half);
  if (half < 0xb000) return data(bit(field(half, 8, 3)), half & 0x800 ? bit(kStackPointer) : 0);  // ADR, ADD SP
  if (half < 0xc000) return decode_miscellaneous16(half);
  if (half < 0xd000) return multiple(half & 0xff, half & 0x800, field(half, 8, 3));
  if (half < 0xe000) return decode_conditional16(half);
  return branch();
}

// ---- 32 bits ----------------------------------------------------------------------------------------------------

/// LDRD, STRD, exclusive accesses, table branches.
Instruction decode_double_exclusive_table(unsigned first, unsigned second) {
  const std::uint32_t address = bit(field(first, 0, 4));
  if ((first & 0xfff0) == 0xe8d0 && (second & 0xffe0) == 0xf000) return branch(0, 2);  // TBB, TBH
  const bool exclusive_word = (first & 0xffe0) == 0xe840;
  const bool exclusive_part = (first & 0xffe0) == 0xe8c0 && (second & 0x00e0) == 0x0040;
  if (exclusive_word || exclusive_part)
    return (first & 0x10) ? load(field(second, 12, 4), address, false)
                          : store(field(second, 12, 4), true, address, false);
  const std::uint32_t both = bit(field(second, 12, 4)) | bit(field(second, 8, 4));
  const bool loads = first & 0x10;
  return {.kind = Kind::kMultiple,
          .cycles = 3,
          .words = 2,
          .written = loads ? both : 0,
          .read = address | (loads ? 0 : both),
          .address = address};
}

/// LE, LETP, WLS, WLSTP, DLS, DLSTP, LCTP, VCTP (ARMv8.1-M); the encodings mean nothing to older cores.
Instruction decode_loop(unsigned first, unsigned second) {
  if (second & 0x2000) return other();
  Instruction result = branch(bit(kLinkRegister));
  if ((first & 0xffcf) == 0xf00f) result.kind = Kind::kLoopEnd;
  return result;
}

Instruction decode_control(unsigned first, unsigned second) {
  if ((second & 0xd001) == 0xc001) return decode_loop(first, second);
  const bool conditional_branch = (second & 0x5000) == 0 && (first & 0x0380) != 0x0380;
  if ((second & 0x5000) != 0 || conditional_branch) return branch();
  if ((first & 0xfff0) == 0xf3a0 && (second & 0xfff0) == 0x80f0)
    return {.kind = Kind::kMarker, .cycles = 0, .marker = static_cast<std::uint8_t>(second & 15)};
  const bool special_register = (first & 0xffe0) == 0xf380 || (first & 0xffe0) == 0xf3e0;  // MSR, MRS
  return other(special_register ? 2 : 1);
}

Instruction decode_load_store_single(unsigned first, unsigned second) {
  const unsigned base = field(first, 0, 4), target = field(second, 12, 4), size = field(first, 5, 2);
  const bool literal = base == kProgramCounter;
  const bool indexed = !(first & 0x80) && !(second & 0x800) && !literal;
  const std::uint32_t address = literal ? 0 : bit(base) | (indexed ? bit(field(second, 0, 4)) : 0);
  if (!(first & 0x10)) return store(target, indexed, address, size != 0);
  if (target != kProgramCounter) return load(target, address, size != 0);
  if (size != 2) return other();  // PLD, PLI
  Instruction jump = load(target, address, true);
  jump.written = 0;
  jump.branches = true;
  return jump;
}

Instruction decode_long_multiply_divide(unsigned first, unsigned second) {
  const std::uint32_t high = bit(field(second, 8, 4)), low = bit(field(second, 12, 4));
  const std::uint32_t operands = bit(field(first, 0, 4)) | bit(field(second, 0, 4));
  const bool divides = (first & 0xffd0) == 0xfb90, accumulates = first & 0x40;
  if (divides) {
    Instruction result = data(high, operands);
    result.operation = Operation::kDivide;
    result.cycles = kDivideCycles;
    return result;
  }
  Instruction result = data(high | low, operands | (accumulates ? high | low : 0));
  result.operation = accumulates ? Operation::kMultiplyLongAccumulate : Operation::kMultiplyLong;
  result.accumulator = accumulates ? high | low : 0;
  return result;
}

/// MUL, MLA, MLS and the DSP extension's multiplications with a result of 32 bits.
Instruction decode_multiply(unsigned first, unsigned second) {
  const std::uint32_t sum = unless_15(field(second, 12, 4));
  Instruction result = data(bit(field(second, 8, 4)), bit(field(first, 0, 4)) | bit(field(second, 0, 4)) | sum);
  result.operation = sum ? Operation::kMultiplyAccumulate : Operation::kMultiply;
  result.accumulator = sum;
  return result;
}

/// Data processing with an immediate; MOVT, BFI and BFC change a part of their destination.
Instruction decode_immediate32(unsigned first, unsigned second) {
  const std::uint32_t target = unless_15(field(second, 8, 4));
  const bool part = (first & 0xfbf0) == 0xf2c0 || (first & 0xfbf0) == 0xf360;
  return data(target, unless_15(field(first, 0, 4)) | (part ? target : 0));
}

Instruction decode32(unsigned first, unsigned second) {
  if ((first & 0xec00) == 0xec00) return decode_float(first, second);
  if ((first & 0xfe40) == 0xe800) return multiple(second, first & 0x10, field(first, 0, 4));
  if ((first & 0xfe40) == 0xe840) return decode_double_exclusive_table(first, second);
  if ((first & 0xfe00) == 0xea00)
    return data(unless_15(field(second, 8, 4)), unless_15(field(first, 0, 4)) | bit(field(second, 0, 4)));
  if ((first & 0xf800) == 0xf000)
    return (second & 0x8000) ? decode_control(first, second) : decode_immediate32(first, second);
  if ((first & 0xfe00) == 0xf800) return decode_load_store_single(first, second);
  if ((first & 0xff00) == 0xfa00)
    return data(bit(field(second, 8, 4)), unless_15(field(first, 0, 4)) | bit(field(second, 0, 4)));
  if ((first & 0xff80) == 0xfb00) return decode_multiply(first, second);
  if ((first & 0xff80) == 0xfb80) return decode_long_multiply_divide(first, second);
  return other();
}

/// A load that leaves the bus free for an access directly behind it.
bool follows_load(const Instruction& previous, const Instruction& current) {
  return previous.kind == Kind::kLoad && !(previous.written & current.address);
}

}  // namespace

Instruction decode(std::uint16_t first, std::uint16_t second) {
  Instruction result = is_wide(first) ? decode32(first, second) : decode16(first);
  result.size = is_wide(first) ? 4 : 2;
  return result;
}

int pairing_cycles(const Instruction& previous, const Instruction& current) {
  int cycles = 0;
  if (current.kind == Kind::kIfThen && previous.size == 2) --cycles;
  if (previous.branches) return cycles;
  if ((current.kind == Kind::kLoad || current.kind == Kind::kStoreIndexed) && follows_load(previous, current)) --cycles;
  if (current.kind == Kind::kFloatLoad && (previous.kind == Kind::kFloatLoad || follows_load(previous, current)))
    --cycles;
  if (previous.kind == Kind::kData && (previous.written & current.address)) ++cycles;
  if (previous.float_written & current.float_read) ++cycles;
  return cycles;
}

int unaligned_cycles(unsigned size_shift, std::uint64_t address) {
  if (size_shift == 1) return static_cast<int>(address & 1);
  if (size_shift != 2 || (address & 3) == 0) return 0;
  return (address & 1) ? 2 : 1;
}

}  // namespace thimble::cycle_model
