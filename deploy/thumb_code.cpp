#include "deploy/thumb_code.hpp"

#include <bit>

namespace thimble {
namespace {

/// Encodings of the Armv7-M manual, section A7.7.
std::int64_t taken_by_narrow(std::uint32_t code) {
  if ((code & 0xfe00) == 0xb400) return 4 * std::popcount(code & 0x1ff);  // PUSH {r0-r7, lr}
  if ((code & 0xff80) == 0xb080) return 4 * (code & 0x7f);                // SUB sp, #imm7 * 4
  return 0;
}

std::int64_t taken_by_wide(std::uint32_t first, std::uint32_t second) {
  if (first == 0xe92d) return 4 * std::popcount(second);                     // PUSH.W {...}
  if (first == 0xf84d && (second & 0x0fff) == 0x0d04) return 4;              // PUSH.W {rt}
  if (first == 0xf1ad && (second & 0xff00) == 0x0d00) return second & 0xff;  // SUB.W sp, sp, #imm8
  if (first == 0xf2ad && (second & 0x8f00) == 0x0d00) return (second & 0xff) | (second >> 4 & 0x700);  // SUBW, #imm12
  if ((first & 0xffbf) == 0xed2d && (second & 0x0e00) == 0x0a00) return 4 * (second & 0xff);           // VPUSH
  return 0;
}

/// Calls `visit` with both halfwords of every instruction; the second is 0 where there is none.
template <class Visit>
void for_each_instruction(std::span<const std::uint8_t> code, Visit visit) {
  const auto half = [&](std::size_t at) { return static_cast<std::uint32_t>(code[at] | code[at + 1] << 8); };
  for (std::size_t at = 0; at + 2 <= code.size(); at += 2) {
    const bool wide = half(at) >= 0xe800 && at + 4 <= code.size();
    visit(half(at), wide ? half(at + 2) : 0, wide);
    if (wide) at += 2;
  }
}

}  // namespace

std::int64_t thumb_frame_bytes(std::span<const std::uint8_t> code) {
  std::int64_t bytes = 0;
  for_each_instruction(code, [&](std::uint32_t first, std::uint32_t second, bool wide) {
    bytes += wide ? taken_by_wide(first, second) : taken_by_narrow(first);
  });
  return bytes;
}

bool calls_through_pointer(std::span<const std::uint8_t> code) {
  bool found = false;
  for_each_instruction(code, [&](std::uint32_t first, std::uint32_t, bool wide) {
    const bool call = (first & 0xff87) == 0x4780, jump = (first & 0xff87) == 0x4700 && first != 0x4770;
    found = found || (!wide && (call || jump));
  });
  return found;
}

}  // namespace thimble
