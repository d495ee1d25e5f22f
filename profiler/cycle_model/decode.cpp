#include <bit>

#include "profiler/cycle_model/float_decode.hpp"
#include "profiler/cycle_model/instruction.hpp"

// Bit patterns below are those of the ARMv7-M Architecture Reference Manual, sections A5.2 (16 bits) and A5.3 (32
// bits).
namespace thimble::cycle_model {
namespace {

constexpr int kDivideCycles = 7;
constexpr unsigned kProgramCounter = 15;
constexpr unsigned kStackPointer = 13;

constexpr std::uint32_t bit(unsigned number) { return 1u << number; }
/// Bits [low, low + width) of `half`.
constexpr unsigned field(unsigned half, unsigned low, unsigned width) { return (half >> low) & ((1u << width) - 1); }

Instruction data(std::uint32_t written, int cycles = 1) {
  Instruction result{.kind = Kind::kData, .cycles = static_cast<std::uint8_t>(cycles), .written = written};
  return result;
}

/// Data processing whose destination field 15 means "flags only".
Instruction data_or_compare(unsigned destination) {
  return data(destination == kProgramCounter ? 0 : bit(destination));
}

Instruction branch(int cycles = 1) {
  return {.kind = Kind::kBranch, .cycles = static_cast<std::uint8_t>(cycles), .branches = true};
}

Instruction other(int cycles = 1) { return {.kind = Kind::kOther, .cycles = static_cast<std::uint8_t>(cycles)}; }

Instruction load(unsigned target, std::uint32_t address, bool any_alignment) {
  return {.kind = Kind::kLoad, .cycles = 2, .any_alignment = any_alignment, .written = bit(target), .address = address};
}

Instruction store(bool indexed, std::uint32_t address, bool any_alignment) {
  return {.kind = indexed ? Kind::kStoreIndexed : Kind::kStore,
          .cycles = static_cast<std::uint8_t>(indexed ? 2 : 1),
          .any_alignment = any_alignment,
          .address = address};
}

Instruction multiple(unsigned register_list, bool loads_program_counter) {
  return {.kind = Kind::kMultiple,
          .cycles = static_cast<std::uint8_t>(1 + std::popcount(register_list)),
          .branches = loads_program_counter};
}

// ---- 16 bits ----------------------------------------------------------------------------------------------------

/// Shift, add, subtract, move, compare with an immediate.
Instruction decode_immediate16(unsigned half) {
  const bool compare = field(half, 11, 5) == 0b00101;
  if (compare) return data(0);
  return data(bit(half >= 0x2000 ? field(half, 8, 3) : field(half, 0, 3)));
}

Instruction decode_register16(unsigned half) {
  const unsigned opcode = field(half, 6, 4);
  const bool flags_only = opcode == 8 || opcode == 10 || opcode == 11;  // TST, CMP, CMN
  return data(flags_only ? 0 : bit(field(half, 0, 3)));
}

/// ADD, CMP, MOV on high registers; BX, BLX.
Instruction decode_special16(unsigned half) {
  const unsigned opcode = field(half, 8, 2);
  const unsigned destination = field(half, 0, 3) | field(half, 7, 1) << 3;
  if (opcode == 3) return branch();
  if (opcode == 1) return data(0);
  return destination == kProgramCounter ? branch() : data(bit(destination));
}

Instruction decode_load_store_register16(unsigned half) {
  const unsigned opcode = field(half, 9, 3);  // STR STRH STRB LDRSB LDR LDRH LDRB LDRSH
  const std::uint32_t address = bit(field(half, 3, 3)) | bit(field(half, 6, 3));
  const bool byte = opcode == 2 || opcode == 3 || opcode == 6;
  return opcode < 3 ? store(true, address, !byte) : load(field(half, 0, 3), address, !byte);
}

Instruction decode_load_store_immediate16(unsigned half) {
  const bool loads = field(half, 11, 1);
  if (half >= 0x9000) {  // on the stack, which is aligned
    const std::uint32_t address = bit(kStackPointer);
    return loads ? load(field(half, 8, 3), address, false) : store(false, address, false);
  }
  const bool byte = field(half, 12, 4) == 7;
  const std::uint32_t address = bit(field(half, 3, 3));
  return loads ? load(field(half, 0, 3), address, !byte) : store(false, address, !byte);
}

Instruction decode_miscellaneous16(unsigned half) {
  if ((half & 0xf500) == 0xb100) return branch();  // CBZ, CBNZ
  if ((half & 0xfe00) == 0xb400) return multiple(half & 0x1ff, false);
  if ((half & 0xfe00) == 0xbc00) return multiple(half & 0x1ff, half & 0x100);
  switch (half >> 8) {
    case 0xb0:
      return data(bit(kStackPointer));
    case 0xb2:  // SXTH, SXTB, UXTH, UXTB
    case 0xba:
      return data(bit(field(half, 0, 3)));
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
  if (half < 0xb000) return data(bit(field(half, 8, 3)));  // ADR, ADD SP
  if (half < 0xc000) return decode_miscellaneous16(half);
  if (half < 0xd000) return multiple(half & 0xff, false);
  if (half < 0xe000) return decode_conditional16(half);
  return branch();
}

// ---- 32 bits ----------------------------------------------------------------------------------------------------

/// LDRD, STRD, exclusive accesses, table branches.
Instruction decode_double_exclusive_table(unsigned first, unsigned second) {
  const std::uint32_t address = bit(field(first, 0, 4));
  if ((first & 0xfff0) == 0xe8d0 && (second & 0xffe0) == 0xf000) return branch(2);  // TBB, TBH
  const bool exclusive_word = (first & 0xffe0) == 0xe840;
  const bool exclusive_part = (first & 0xffe0) == 0xe8c0 && (second & 0x00e0) == 0x0040;
  if (exclusive_word || exclusive_part)
    return (first & 0x10) ? load(field(second, 12, 4), address, false) : store(true, address, false);
  return {.kind = Kind::kMultiple, .cycles = 3, .address = address};
}

Instruction decode_control(unsigned first, unsigned second) {
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
  if (!(first & 0x10)) return store(indexed, address, size != 0);
  if (target != kProgramCounter) return load(target, address, size != 0);
  if (size != 2) return other();  // PLD, PLI
  Instruction jump = load(target, address, true);
  jump.written = 0;
  jump.branches = true;
  return jump;
}

Instruction decode_long_multiply_divide(unsigned first, unsigned second) {
  const unsigned destination = field(second, 8, 4);
  const bool divides = (first & 0xffd0) == 0xfb90;
  if (divides) return data(bit(destination), kDivideCycles);
  return data(bit(destination) | bit(field(second, 12, 4)));
}

Instruction decode32(unsigned first, unsigned second) {
  if ((first & 0xec00) == 0xec00) return decode_float(first, second);
  if ((first & 0xfe40) == 0xe800) return multiple(second, (first & 0x10) && (second & 0x8000));
  if ((first & 0xfe40) == 0xe840) return decode_double_exclusive_table(first, second);
  if ((first & 0xfe00) == 0xea00) return data_or_compare(field(second, 8, 4));
  if ((first & 0xf800) == 0xf000)
    return (second & 0x8000) ? decode_control(first, second) : data_or_compare(field(second, 8, 4));
  if ((first & 0xfe00) == 0xf800) return decode_load_store_single(first, second);
  if ((first & 0xff00) == 0xfa00) return data(bit(field(second, 8, 4)));
  if ((first & 0xff80) == 0xfb00) return data(bit(field(second, 8, 4)));
  if ((first & 0xff80) == 0xfb80) return decode_long_multiply_divide(first, second);
  return other();
}

bool is_single_access(const Instruction& instruction) {
  return instruction.kind == Kind::kLoad || instruction.kind == Kind::kStore || instruction.kind == Kind::kStoreIndexed;
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
  if (previous.branches || previous.kind == Kind::kMarker || previous.kind == Kind::kOther) return 0;
  int cycles = 0;
  if ((current.kind == Kind::kLoad || current.kind == Kind::kStoreIndexed) && follows_load(previous, current)) --cycles;
  if (current.kind == Kind::kFloatLoad && (previous.kind == Kind::kFloatLoad || follows_load(previous, current)))
    --cycles;
  if (current.kind == Kind::kIfThen && previous.size == 2) --cycles;
  const bool takes_address = is_single_access(current) || current.kind == Kind::kMultiple;
  if (takes_address && previous.kind == Kind::kData && (previous.written & current.address)) ++cycles;
  if (previous.float_written & current.float_read) ++cycles;
  return cycles;
}

int unaligned_cycles(unsigned size_shift, std::uint64_t address) {
  if (size_shift == 1) return static_cast<int>(address & 1);
  if (size_shift != 2 || (address & 3) == 0) return 0;
  return (address & 1) ? 2 : 1;
}

}  // namespace thimble::cycle_model
