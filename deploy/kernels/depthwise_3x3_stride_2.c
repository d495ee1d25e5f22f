/* Depthwise 3x3, stride 2. */
#include "depthwise_driver.h"
#include "depthwise_dsp.h"
#include "depthwise_stride_2.h"

#if THIMBLE_DEPTHWISE_FAST

/* A channel's record: three words of two weights each, the columns on the left; (w2, w5); (shift, w8), in its lowest
 * byte; multiplier, addend, bias. */

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* One output at a time. r0: sum. r1-r3: a column's words. r4-r6: (w0, w1) per row; r7: (w2, w5); r8: (shift, w8).
 * r9: the column. r10: stage. r11, r12: multiplier, addend. lr: bytes from a row to the next.
 * s0: bias; s1: the row's end in the stage. */
#define OUTPUT_3(RESULT)                                                                                         \
  VMOV("r0", "s0")                                                                                               \
  MAC("smlad", "r0", "r1", "r4") MAC("smlad", "r0", "r2", "r5") MAC("smlad", "r0", "r3", "r6")                   \
  "ldr.w r2, [r9, lr]\nldr.w r3, [r9, lr, lsl #1]\nldr.w r1, [r9], #16\n"                                        \
  MAC("smlabt", "r0", "r2", "r7") MAC("smlabt", "r0", "r3", "r8") MAC("smlabb", "r0", "r1", "r7")                \
  RESULT                                                                                                         \
  "strb r0, [r10], #4\n"

#define FIXED SCALE_FIXED("r0", "r11", "r12", "") SSAT_FIXED("r0")
#define ANY_SHIFT SCALE_FIXED("r0", "r11", "r12", "") "asr.w r0, r0, r8\n" SSAT_ANY("r0")
/* Ties below zero are nudged. */
#define NUDGED                                          \
  "cmp r0, #0\n" SCALE_FIXED("r0", "r11", "r12", "")    \
  "it lt\nsublt.w r0, r0, #128\n"                       \
  "asr.w r0, r0, r8\n" SSAT_ANY("r0")

#define LOOP(OUTPUTS)    \
  "1:\n" OUTPUTS         \
  VMOV("r0", "s1")       \
  "cmp r10, r0\n"        \
  "bne.w 1b\n"

/* s3: records left; s4: the channel's first column; s5: its stage; s6: channels left; s7: rows; s8: where a row's
 * outputs begin, in a loop of four; s9: bytes of a row in the stage; s10: rows left; s11: the next row. */
__attribute__((naked)) static void compute(const thimble_stride_2* c) {
  (void)c;
  __asm__(
      "push {r4-r11, lr}\n"
      "ldm r0, {r1-r8}\n"
      "mov lr, r7\n"
      VMOV("s3", "r1") VMOV("s4", "r6") VMOV("s5", "r2") VMOV("s6", "r3") VMOV("s7", "r4")
      "rsb r0, r5, #0\n"
      "lsls r5, r5, #2\n"
      "and r0, r0, #3\n"
      VMOV("s9", "r5")
      "movs r1, #52\n"
      "adr.w r2, 13f\n"
      "cmp r8, #1\n"
      "blt.n 2f\n"
      "mov r1, #56\n"
      "adr.w r2, 14f\n"
      "beq.n 2f\n"
      "movs r1, #0\n"
      "adr.w r2, 15f\n"
      "2:\n"
      "mla r2, r0, r1, r2\n"
      "adds r2, #1\n"
      VMOV("s8", "r2")
      "10:\n"
      VMOV("r3", "s3") VMOV("r9", "s4") VMOV("r10", "s5")
      "ldm r3!, {r4-r8, r11, r12}\n"
      "vmov.f32 s10, s7\n"
      "vldr s0, [r3]\n"
      "adds r3, #4\n"
      "add r1, r9, #4\n"
      "add r2, r10, #1\n"
      VMOV("s3", "r3") VMOV("s4", "r1") VMOV("s5", "r2")
      "11:\n"
      "add r2, r9, lr, lsl #1\n"
      VMOV("r0", "s9")
      VMOV("s11", "r2")
      "add r0, r0, r10\n"
      VMOV("s1", "r0")
      VMOV("r0", "s8")
      "ldr.w r2, [r9, lr]\nldr.w r3, [r9, lr, lsl #1]\nldr.w r1, [r9], #16\n"
      "bx r0\n"
      ".align 2\n13:\n"
      LOOP(OUTPUT_3(FIXED) OUTPUT_3(FIXED) OUTPUT_3(FIXED) OUTPUT_3(FIXED))
      "12:\n"
      VMOV("r0", "s10") VMOV("r9", "s11")
      "subs r0, #1\n"
      VMOV("s10", "r0")
      "bne.w 11b\n"
      VMOV("r0", "s6")
      "subs r0, #1\n"
      VMOV("s6", "r0")
      "bne.w 10b\n"
      "pop {r4-r11, pc}\n"
      ".align 2\n14:\n"
      LOOP(OUTPUT_3(ANY_SHIFT) OUTPUT_3(ANY_SHIFT) OUTPUT_3(ANY_SHIFT) OUTPUT_3(ANY_SHIFT))
      "b.w 12b\n"
      ".align 2\n15:\n"
      LOOP(OUTPUT_3(NUDGED))
      "b.w 12b\n");
}

/* clang-format on */

static void fill_records(const thimble_stride_2* c, const uint32_t* block) {
  static const uint8_t layout[] = {12, 4, 3, 0, 4, 0, 2, 8, 20, 12, 0, 20, 16, 0};
  static const uint8_t turned[] = {256 - 12, 4, 3, 32, 28, 0, 2, 24, 12, 12, 0, 20, 16, 0};
  thimble_stride_2_records(block, c->records, 4 * THIMBLE_RECORD_WORDS_3, c->turned ? turned : layout);
}

void thimble_depthwise_3x3_stride_2(const thimble_call* call) {
  static const thimble_stride_2_window window = {fill_records, compute};
  thimble_depthwise_stride_2(call, &window);
}

#else
typedef int thimble_depthwise_3x3_stride_2_is_empty; /* ISO C wants a declaration */
#endif
