#include "profiler/cycle_model/float_decode.hpp"

namespace thimble::cycle_model {
namespace {

constexpr int kAccumulateCycles = 3;
constexpr int kDivideCycles = 14;  // and square root

/// A single-precision register: four bits and, below them, one more.
std::uint32_t single(unsigned four, unsigned one) { return 1u << ((four & 15) << 1 | (one & 1)); }

/// `count` registers from `first` on; double-precision registers are pairs.
std::uint32_t range(unsigned first, unsigned count) {
  std::uint32_t set = 0;
  for (unsigned i = first; i < first + count && i < 32; ++i) set |= 1u << i;
  return set;
}

Instruction floating(int cycles) { return {.kind = Kind::kFloat, .cycles = static_cast<std::uint8_t>(cycles)}; }

Instruction decode_transfer(unsigned first, unsigned second, bool pairs) {
  const bool loads = first & 0x10;
  const unsigned words = second & 0xff;
  const unsigned target = pairs ? ((second >> 12) & 15) * 2 : ((second >> 12) & 15) * 2 + ((first >> 6) & 1);
  const bool one = (first & 0xff20) == 0xed00;  // VLDR, VSTR; else VLDM, VSTM, VPUSH, VPOP
  Instruction result = floating(one ? (pairs ? 3 : 2) : 1 + static_cast<int>(words));
  result.kind = one && loads && !pairs ? Kind::kFloatLoad : Kind::kFloatTransfer;
  result.words = static_cast<std::uint8_t>(one ? (pairs ? 2 : 1) : words);
  const unsigned base = first & 15;
  if (base != 15) result.address = result.read = 1u << base;
  if (!loads) result.float_read = range(target, one ? (pairs ? 2 : 1) : words);
  return result;
}

/// VMOV immediate and register, VABS, VNEG, VSQRT, VCMP, VCVT.
Instruction decode_unary(unsigned first, unsigned second, std::uint32_t destination, std::uint32_t operand) {
  const unsigned opcode2 = first & 15, opcode3 = (second >> 6) & 3;
  Instruction result = floating(1);
  if (!(opcode3 & 1)) return result;  // VMOV immediate
  result.float_read = operand;
  if (opcode2 == 0 && opcode3 == 1) return result;  // VMOV register: no arithmetic
  if (opcode2 == 1 && opcode3 == 3) result.cycles = kDivideCycles;
  if ((opcode2 & 14) == 4)  // VCMP writes flags only
    result.float_read |= destination;
  else
    result.float_written = destination;
  return result;
}

Instruction decode_arithmetic(unsigned first, unsigned second) {
  const std::uint32_t destination = single(second >> 12, first >> 6);
  const std::uint32_t left = single(first, second >> 7), right = single(second, second >> 5);
  const unsigned opcode = ((first >> 5) & 4) | ((first >> 4) & 3);
  if (opcode == 7) return decode_unary(first, second, destination, right);
  Instruction result = floating(1);
  result.float_written = destination;
  result.float_read = left | right;
  if (opcode == 4) result.cycles = kDivideCycles;
  const bool accumulates = opcode == 0 || opcode == 1 || opcode == 5 || opcode == 6;
  if (accumulates) {
    result.cycles = kAccumulateCycles;
    result.float_read |= destination;
  }
  return result;
}

/// Multiplications with a scalar, with a sum and with a long result share their space with narrowing moves, and those
/// of bytes with additions.
bool multiplies(unsigned first, unsigned second, unsigned group) {
  const bool between_vectors = (first & 0xef00) == 0xef00;
  if (between_vectors) return group == 9 || group == 11 || group >= 12;
  const bool narrows = (first & 0x00b0) == 0x0030 && (second & 1);
  if (group == 14) return !narrows;
  return group == 15 && !(first & 1) && !(second & 0x40);
}

/// The vector extension (ARMv8.1-M manual, section C2.2.9): which unit an instruction takes.
Instruction decode_vector(unsigned first, unsigned second) {
  const unsigned group = (second >> 8) & 15;
  const bool two_lanes = (first & 0xffa0) == 0xec00;  // VMOV
  if (two_lanes) return {.kind = Kind::kVectorOther};
  const bool memory = (first & 0xee00) == 0xec00 && (second & 0x0e00) == 0x0e00;
  if (memory) {
    const std::uint32_t base = 1u << (first & 15);
    return {.kind = Kind::kVectorMemory, .read = base, .address = base};
  }
  return {.kind = multiplies(first, second, group) ? Kind::kVectorMultiply : Kind::kVectorOther};
}

}  // namespace

Instruction decode_float(unsigned first, unsigned second) {
  const bool vfp = (second & 0x0e00) == 0x0a00 && first < 0xf000;
  const bool vfp_v8 = (second & 0x0e00) == 0x0a00 && (first & 0xff00) == 0xfe00;  // VSEL, VMAXNM, VRINT
  if (vfp_v8) return floating(1);
  if (!vfp) return decode_vector(first, second);
  const bool pairs = second & 0x0100;
  if ((first & 0xffe0) == 0xec40) return floating(2);  // VMOV of two registers
  if ((first & 0xfe00) == 0xec00) return decode_transfer(first, second, pairs);
  if (!(second & 0x10)) return decode_arithmetic(first, second);
  Instruction move = floating(1);  // VMOV to and from a core register, VMRS, VMSR
  const std::uint32_t core_register = second >> 12 == 15 ? 0 : 1u << (second >> 12);
  ((first & 0x10) ? move.written : move.read) = core_register;
  if ((first & 0xfff0) == 0xee10) move.float_read = single(first, second >> 7);
  return move;
}

}  // namespace thimble::cycle_model
