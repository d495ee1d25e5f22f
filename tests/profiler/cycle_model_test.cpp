#include <algorithm>
#include <vector>

#include "profiler/cycle_model/block.hpp"
#include "tests/catch.hpp"

using namespace thimble::cycle_model;

namespace {

struct Code {
  std::uint16_t first, second = 0;
};

int alone(std::uint16_t first, std::uint16_t second = 0) { return decode(first, second).cycles; }

int pair(Code previous, Code current) {
  return pairing_cycles(decode(previous.first, previous.second), decode(current.first, current.second));
}

Block block(std::uint64_t address, const std::vector<Code>& codes) {
  Block result;
  result.begin = result.end = address;
  for (const Code& code : codes) result.append(decode(code.first, code.second));
  return result;
}

/// Cycles of straight code on a core.
std::uint64_t cycles_of(Core core, const std::vector<Code>& codes) {
  PipelineState state;
  return CostedBlock(block(0x100, codes)).run(core, state);
}

// Encodings by GNU as 2.40 for a Cortex-M4, named as objdump prints them.
constexpr Code kLdrR1AtR2{0x6811}, kLdrR3AtR4{0x6823}, kLdrR5AtR3R1{0x585d}, kStrR5AtR2R6{0x5195}, kStrR0AtR1{0x6008};
constexpr Code kAddR2{0xf102, 0x0204}, kCmpR1{0x2900}, kItEq{0xbf08}, kMovR1{0x2101}, kBne{0xd1f9}, kNop{0xbf00};
constexpr Code kVldrS0{0xed90, 0x0a00}, kVldrS1{0xedd0, 0x0a00}, kVaddS2S0S1{0xee30, 0x1a20},
    kVmulS3S2S2{0xee61, 0x1a01};
constexpr Code kDbg1{0xf3af, 0x80f1}, kDbg2{0xf3af, 0x80f2};

}  // namespace

TEST_CASE("data processing and multiplication take one cycle, division seven", "[profiler][cycle_model]") {
  CHECK(alone(0x2000) == 1);          // movs r0, #0
  CHECK(alone(0xf102, 0x0204) == 1);  // add.w r2, r2, #4
  CHECK(alone(0xfb21, 0x3002) == 1);  // smlad r0, r1, r2, r3
  CHECK(alone(0xfbc2, 0x0103) == 1);  // smlal r0, r1, r2, r3
  CHECK(alone(0xfa2f, 0xf081) == 1);  // sxtb16 r0, r1
  CHECK(alone(0xeac1, 0x0002) == 1);  // pkhbt r0, r1, r2
  CHECK(alone(0xf301, 0x0007) == 1);  // ssat r0, #8, r1
  CHECK(alone(0xfb91, 0xf0f2) == 7);  // sdiv r0, r1, r2
  CHECK(alone(0xfbb1, 0xf0f2) == 7);  // udiv r0, r1, r2
  CHECK(alone(0xf3bf, 0x8f4f) == 1);  // dsb
  CHECK(alone(0xf3ef, 0x8010) == 2);  // mrs r0, primask
}

TEST_CASE("loads take two cycles, stores one, several registers one more each", "[profiler][cycle_model]") {
  CHECK(alone(0x6811) == 2);          // ldr r1, [r2]
  CHECK(alone(0x4801) == 2);          // ldr r0, [pc, #4]
  CHECK(alone(0xf811, 0x0b01) == 2);  // ldrb r0, [r1], #1
  CHECK(alone(0xf931, 0x0012) == 2);  // ldrsh r0, [r1, r2, lsl #1]
  CHECK(alone(0xe851, 0x0f00) == 2);  // ldrex r0, [r1]
  CHECK(alone(0x6008) == 1);          // str r0, [r1]
  CHECK(alone(0xf801, 0x0f01) == 1);  // strb r0, [r1, #1]!
  CHECK(alone(0x5195) == 2);          // str r5, [r2, r6]
  CHECK(alone(0xf821, 0x0012) == 2);  // strh r0, [r1, r2, lsl #1]
  CHECK(alone(0xe9d2, 0x0100) == 3);  // ldrd r0, r1, [r2]
  CHECK(alone(0xb530) == 4);          // push {r4, r5, lr}: 1 + 3
  CHECK(alone(0xc81e) == 5);          // ldm r0!, {r1-r4}: 1 + 4
  CHECK(alone(0xe930, 0x801e) == 6);  // ldmdb r0!, {r1-r4, pc}: 1 + 5, and the branch
  CHECK(alone(0xf890, 0xf000) == 1);  // pld [r0]
}

TEST_CASE("what may branch is known, and costs one cycle until it does", "[profiler][cycle_model]") {
  for (const Code branch : {Code{0xd1f9}, Code{0xe7fe}, Code{0x4770}, Code{0x4798}, Code{0xb100}, Code{0x4687},
                            Code{0xf7ff, 0xffc4}, Code{0xf43f, 0xafc2}}) {
    const Instruction instruction = decode(branch.first, branch.second);  // bne b bx blx cbz mov-pc bl beq.w
    CHECK(instruction.branches);
    CHECK(instruction.cycles == 1);
  }
  CHECK(decode(0xbd30, 0).branches);        // pop {r4, r5, pc}
  CHECK_FALSE(decode(0xbc30, 0).branches);  // pop {r4, r5}
  CHECK(decode(0xe930, 0x801e).branches);   // ldmdb r0!, {..., pc}
  CHECK(decode(0xf8d0, 0xf000).branches);   // ldr pc, [r0]
  CHECK(decode(0xe8df, 0xf000).branches);   // tbb [pc, r0]: 2 + 2
  CHECK(alone(0xe8df, 0xf000) == 2);
  CHECK_FALSE(decode(0xf890, 0xf000).branches);  // pld [r0]
}

TEST_CASE("single precision takes the cycles of table 7-1", "[profiler][cycle_model]") {
  CHECK(alone(0xee30, 0x1a20) == 1);   // vadd
  CHECK(alone(0xee61, 0x1a01) == 1);   // vmul
  CHECK(alone(0xee01, 0x2aa1) == 3);   // vmla
  CHECK(alone(0xeec2, 0x2a02) == 14);  // vdiv
  CHECK(alone(0xeeb1, 0x3ae2) == 14);  // vsqrt
  CHECK(alone(0xeeb8, 0x0ac0) == 1);   // vcvt
  CHECK(alone(0xeeb7, 0x0a00) == 1);   // vmov s0, #1.0
  CHECK(alone(0xee13, 0x0a10) == 1);   // vmov r0, s6
  CHECK(alone(0xec51, 0x0a13) == 2);   // vmov r0, r1, s6, s7
  CHECK(alone(0xed90, 0x0a00) == 2);   // vldr s0, [r0]
  CHECK(alone(0xed90, 0x0b00) == 3);   // vldr d0, [r0]
  CHECK(alone(0xed80, 0x3a00) == 2);   // vstr s6, [r0]
  CHECK(alone(0xed2d, 0x0a04) == 5);   // vpush {s0-s3}: 1 + 4
  CHECK(alone(0xecb0, 0x0b04) == 5);   // vldmia r0!, {d0-d1}: 1 + 4 words
}

TEST_CASE("a load directly after a load costs one cycle less, unless it waits for the address",
          "[profiler][cycle_model]") {
  CHECK(pair(kLdrR1AtR2, kLdrR3AtR4) == -1);
  CHECK(pair(kLdrR3AtR4, kLdrR5AtR3R1) == 0);
  CHECK(pair(kLdrR1AtR2, kStrR5AtR2R6) == -1);
  CHECK(pair(kLdrR1AtR2, kStrR0AtR1) == 0);
  CHECK(pair(kStrR0AtR1, kLdrR1AtR2) == 0);
  CHECK(pair(kNop, kLdrR1AtR2) == 0);
  CHECK(pair(kVldrS0, kVldrS1) == -1);
  CHECK(pair(kLdrR1AtR2, kVldrS1) == -1);
}

TEST_CASE("an address that the instruction before computed costs one cycle more", "[profiler][cycle_model]") {
  CHECK(pair(kAddR2, kLdrR1AtR2) == 1);
  CHECK(pair(kAddR2, kLdrR3AtR4) == 0);
  CHECK(pair(kAddR2, Code{0xe9d2, 0x0100}) == 1);      // ldrd r0, r1, [r2]
  CHECK(pair(Code{0x2100}, kStrR0AtR1) == 1);          // movs r1, #0
  CHECK(pair(kCmpR1, kStrR0AtR1) == 0);                // a comparison writes no register
  CHECK(pair(Code{0xf011, 0x0f01}, kStrR0AtR1) == 0);  // nor does tst
  CHECK(pair(Code{0xf100, 0x0004}, kVldrS0) == 1);     // add.w r0, r0, #4; vldr s0, [r0]
  CHECK(pair(Code{0x3004}, Code{0xc81e}) == 1);        // adds r0, #4; ldm r0!, {r1-r4}
  CHECK(pair(Code{0x3104}, Code{0xc81e}) == 0);        // adds r1, #4: not its base
  CHECK(pair(Code{0xb082}, Code{0xb530}) == 1);        // sub sp, #8; push {r4, r5, lr}
}

TEST_CASE("IT is folded into a 16-bit instruction before it", "[profiler][cycle_model]") {
  CHECK(decode(kItEq.first, 0).cycles + pair(kCmpR1, kItEq) == 0);
  CHECK(decode(kItEq.first, 0).cycles + pair(kAddR2, kItEq) == 1);
  CHECK(decode(kItEq.first, 0).cycles + pair(kNop, kItEq) == 0);
  CHECK(decode(kItEq.first, 0).cycles + pair(kBne, kItEq) == 0);  // a branch that is not taken
  CHECK(decode(kItEq.first, 0).cycles + pair(kDbg1, kItEq) == 1);
}

TEST_CASE("VFP that reads the arithmetic result before it waits a cycle", "[profiler][cycle_model]") {
  CHECK(pair(kVaddS2S0S1, kVmulS3S2S2) == 1);
  CHECK(pair(kVldrS0, kVaddS2S0S1) == 0);
  CHECK(pair(kVaddS2S0S1, kVaddS2S0S1) == 0);
  CHECK(pair(Code{0xeeb1, 0x3ae2}, Code{0xee13, 0x0a10}) == 1);  // vsqrt s6, s5; vmov r0, s6
  CHECK(pair(Code{0xeeb1, 0x3ae2}, Code{0xed80, 0x3a00}) == 1);  // vsqrt s6, s5; vstr s6, [r0]
  CHECK(pair(Code{0xee01, 0x2aa1}, Code{0xee01, 0x2aa1}) == 1);  // vmla s4, ... twice: it reads its sum
}

TEST_CASE("unaligned accesses are split", "[profiler][cycle_model]") {
  CHECK(unaligned_cycles(0, 0x20000001) == 0);
  CHECK(unaligned_cycles(1, 0x20000001) == 1);
  CHECK(unaligned_cycles(1, 0x20000002) == 0);
  CHECK(unaligned_cycles(2, 0x20000002) == 1);
  CHECK(unaligned_cycles(2, 0x20000003) == 2);
  CHECK(unaligned_cycles(2, 0x20000004) == 0);
}

TEST_CASE("a block is the sum of its instructions and pairs, wherever the emulator cuts it",
          "[profiler][cycle_model]") {
  // ldr 2, ldr 1, add.w 1, ldr 2 + 1, cmp 1, it 0, mov 1
  const std::vector<Code> codes = {kLdrR1AtR2, kLdrR3AtR4, kAddR2, kLdrR1AtR2, kCmpR1, kItEq, kMovR1};
  CHECK(block(0x100, codes).instructions() == 7);
  CHECK(cycles_of(Core::kM4, codes) == 9);
  CHECK(block(0x100, codes).end == 0x100 + 6 * 2 + 4);
  for (const Core core : {Core::kM3, Core::kM4, Core::kM7, Core::kM55})
    for (std::size_t cut = 1; cut < codes.size(); ++cut) {
      const auto middle = codes.begin() + static_cast<std::ptrdiff_t>(cut);
      CostedBlock head(block(0x100, {codes.begin(), middle}));
      CostedBlock tail(block(head.block().end, {middle, codes.end()}));
      RegionCounter region(core);
      for (int twice = 0; twice < 2; ++twice) {  // the second time from what was kept
        region.begin();
        region.enter(head);
        region.enter(tail);
        CHECK(region.cycles() == cycles_of(core, codes));
        CHECK(region.instructions() == 7);
      }
    }
}

TEST_CASE("a branch pays for the refill only where it is taken, and nothing pairs across it",
          "[profiler][cycle_model]") {
  CostedBlock loop(block(0x10, {kLdrR1AtR2, kBne})), after(block(0x14, {kLdrR3AtR4, kLdrR1AtR2}));
  RegionCounter region;
  region.begin();
  region.enter(loop);
  region.enter(loop);
  region.enter(after);
  region.leave_to(after.block().end);
  region.end();
  CHECK(region.instructions() == 6);
  CHECK(region.cycles() == (2 + 1) + 2 + (2 + 1) + (2 + 1));  // taken once; the loads after it begin anew
  CHECK_FALSE(region.open());
}

TEST_CASE("a Cortex-M3 multiplies slowly, and is an M4 otherwise", "[profiler][cycle_model]") {
  CHECK(cycles_of(Core::kM3, {{0x4348}}) == 1);          // muls r0, r1
  CHECK(cycles_of(Core::kM3, {{0xfb01, 0x3002}}) == 2);  // mla r0, r1, r2, r3
  CHECK(cycles_of(Core::kM3, {{0xfb01, 0x3012}}) == 2);  // mls r0, r1, r2, r3
  CHECK(cycles_of(Core::kM3, {{0xfb82, 0x0103}}) == 5);  // smull r0, r1, r2, r3
  CHECK(cycles_of(Core::kM3, {{0xfbc2, 0x0103}}) == 7);  // smlal r0, r1, r2, r3
  CHECK(cycles_of(Core::kM3, {{0xfb91, 0xf0f2}}) == 7);  // sdiv r0, r1, r2
  const std::vector<Code> codes = {kLdrR1AtR2, kLdrR3AtR4, kAddR2, kLdrR1AtR2, kCmpR1, kItEq, kMovR1};
  CHECK(cycles_of(Core::kM3, codes) == cycles_of(Core::kM4, codes));
}

TEST_CASE("a Cortex-M7 issues two instructions a cycle that do not need each other", "[profiler][cycle_model]") {
  constexpr Code kAddsR0{0x3001}, kAddsR1{0x3101}, kAddsR3R0R1{0x1843};
  constexpr Code kSmlad{0xfb21, 0x3302}, kSmladOther{0xfb26, 0x5507};  // r3 += r1 * r2, r5 += r6 * r7
  CHECK(cycles_of(Core::kM7, {kAddsR0}) == 1);
  CHECK(cycles_of(Core::kM7, {kAddsR0, kAddsR1}) == 1);
  CHECK(cycles_of(Core::kM7, {kAddsR0, kAddsR0}) == 2);
  CHECK(cycles_of(Core::kM7, {kAddsR0, kAddsR1, kAddsR3R0R1}) == 2);
  CHECK(cycles_of(Core::kM7, {kLdrR1AtR2, kLdrR3AtR4}) == 2);    // one load-store unit
  CHECK(cycles_of(Core::kM7, {kSmlad, kSmladOther}) == 2);       // one multiplier
  CHECK(cycles_of(Core::kM7, {kLdrR1AtR2, kSmladOther}) == 1);   // one of each
  CHECK(cycles_of(Core::kM7, {kLdrR1AtR2, kSmlad}) == 3);        // the product waits for the load
  CHECK(cycles_of(Core::kM7, {kSmlad, kSmlad}) == 2);            // the sum is handed on
  CHECK(cycles_of(Core::kM7, {kSmlad, {0xf103, 0x0301}}) == 3);  // add.w r3, r3, #1 waits for it
  CHECK(cycles_of(Core::kM7, {kAddR2, kLdrR1AtR2}) == 3);        // the address was just computed
  CHECK(cycles_of(Core::kM7, {{0xfb91, 0xf0f2}}) == 7);          // sdiv
  CHECK(cycles_of(Core::kM7, {{0xc81e}}) == 3);                  // ldm r0!, {r1-r4}: 1 + 4 / 2
  CHECK(taken_cycles(Core::kM7, decode(kBne.first, 0)) == 1);
}

TEST_CASE("a Cortex-M55 pairs 16-bit instructions, and its vectors take two cycles that overlap between units",
          "[profiler][cycle_model]") {
  // Encodings by GNU as 2.40 for a Cortex-M55.
  constexpr Code kLoad{0xed90, 0x1e00}, kLoadNext{0xed90, 0x3f04};  // vldrb.8 q0, [r0]; vldrw.u32 q1, [r0, #16]
  constexpr Code kDotProduct{0xeef2, 0x0f24};                       // vmladava.s8 r0, q1, q2
  for (const Code& code : {kLoad, kLoadNext, Code{0xfc90, 0x2f44}, Code{0xeca0, 0x1e10}, Code{0xfc90, 0x1e00}})
    CHECK(decode(code.first, code.second).kind == Kind::kVectorMemory);  // gather, vstrb, vld20
  for (const Code& code : {kDotProduct, Code{0xee83, 0x0e04}, Code{0xee23, 0x0e43}, Code{0xef22, 0x0954},
                           Code{0xee23, 0x1e62}, Code{0xff22, 0x0b44}, Code{0xee03, 0x0e04}, Code{0xef02, 0x0c54}})
    CHECK(decode(code.first, code.second).kind == Kind::kVectorMultiply);  // vmlaldav vmla vmul vqrdmulh vmull vfma
  for (const Code& code : {Code{0xef20, 0x0844}, Code{0xee21, 0x0f42}, Code{0xef02, 0x0644}, Code{0xef24, 0x0542},
                           Code{0xee33, 0x0e03}, Code{0xec12, 0x0f01}, Code{0xeef9, 0x0f20}, Code{0xfe71, 0x0f4d}})
    CHECK(decode(code.first, code.second).kind == Kind::kVectorOther);  // vadd vmax vrshl vqmovn vmov vaddva vpst
  CHECK(cycles_of(Core::kM55, {kLoad}) == 2);
  CHECK(cycles_of(Core::kM55, {kLoad, kLoadNext}) == 4);
  CHECK(cycles_of(Core::kM55, {kLoad, kDotProduct, kLoadNext, kDotProduct}) == 5);  // 2, then one each
  CHECK(cycles_of(Core::kM55, {{0x3001}, {0x3101}}) == 1);                          // adds r0; adds r1
  CHECK(cycles_of(Core::kM55, {kAddR2, {0x3101}}) == 2);                            // add.w is of 32 bits
  const Instruction loop_end = decode(0xf00f, 0xc011);                              // le lr, ...
  CHECK(loop_end.kind == Kind::kLoopEnd);
  CHECK(loop_end.branches);
  CHECK(cycles_of(Core::kM55, {{0xf00f, 0xc011}}) + static_cast<std::uint64_t>(taken_cycles(Core::kM55, loop_end)) ==
        0);
  CHECK(decode(0xf042, 0xc001 + 0x10).branches);  // wls lr, r2, ...
  CHECK_FALSE(decode(0xf042, 0xe001).branches);   // dls lr, r2
}

TEST_CASE("markers are known and not counted", "[profiler][cycle_model]") {
  CHECK(decode(kDbg1.first, kDbg1.second).marker == 1);
  CHECK(decode(kDbg2.first, kDbg2.second).marker == 2);
  const Block marker = block(0x20, {kDbg1});
  CHECK(marker.instructions() == 0);
  CHECK(cycles_of(Core::kM4, {kDbg1}) == 0);
  CHECK(marker.end == 0x24);
}
