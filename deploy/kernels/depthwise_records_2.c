/* A block's weights and constants for stride 2, as the assembly reads them. */
#include "depthwise_dsp.h"
#include "depthwise_stride_2.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define PUT(lanes, scale, to)             \
  "smulbb r11, " lanes ", " scale "\n"    \
  "smultb r9, " lanes ", " scale "\n"     \
  "pkhbt r11, r11, r9, lsl #16\n"         \
  "str r11, " to "\n"

/* r0, r1: taps of four channels; r2: bytes of a record; r3: the layout; r4: where their words go; r5-r8: scales; lr:
 * words left of the run. s0: the block's taps; s1: the records; s2, s3: from a word's taps to the next one's, from a
 * word to the next; s4: the block. 38 cycles for a word of four channels. */
__attribute__((naked)) void thimble_stride_2_records(const uint32_t* block, thimble_word* records, uint32_t record_bytes,
                                                     const uint8_t* layout) {
  (void)block, (void)records, (void)record_bytes, (void)layout;
  __asm__(
      "push {r4-r11, lr}\n"
      "movs r9, #1\n"
      "ldrb r5, [r0, #33]\nldrb r6, [r0, #37]\nldrb r7, [r0, #41]\nldrb r8, [r0, #45]\n"
      "ldrsb r10, [r3], #1\n"
      "ldrb r11, [r3], #1\n"
      VMOV("s4", "r0")
      "adds r0, #64\n"
      "lsl r5, r9, r5\nlsl r6, r9, r6\nlsl r7, r9, r7\nlsl r8, r9, r8\n"
      VMOV("s0", "r0") VMOV("s1", "r1") VMOV("s2", "r10") VMOV("s3", "r11")
      "1:\n"
      "ldrb lr, [r3], #1\n"
      "ldrb r0, [r3], #1\n"
      "ldrb r1, [r3], #1\n"
      "ldrb r4, [r3], #1\n"
      VMOV("r9", "s0") VMOV("r10", "s1")
      "cmp lr, #0\n"
      "beq 3f\n"
      "add r0, r0, r9\n"
      "add r1, r1, r9\n"
      "add r4, r4, r10\n"
      "2:\n"
      "ldr r9, [r0]\n"
      "ldr r10, [r1]\n"
      VMOV("r11", "s2")
      "add r0, r0, r11\n"
      "add r1, r1, r11\n"
      "pkhbt r12, r9, r10, lsl #16\n"
      "pkhtb r10, r10, r9, asr #16\n"
      "sxtb16 r9, r12\n"
      PUT("r9", "r5", "[r4]")
      "sxtb16 r9, r12, ror #8\n"
      PUT("r9", "r6", "[r4, r2]")
      "sxtb16 r9, r10\n"
      PUT("r9", "r7", "[r4, r2, lsl #1]")
      "sxtb16 r9, r10, ror #8\n"
      "add r12, r2, r2, lsl #1\n"
      PUT("r9", "r8", "[r4, r12]")
      VMOV("r11", "s3")
      "subs lr, lr, #1\n"
      "add r4, r4, r11\n"
      "bne 2b\n"
      "b 1b\n"
      "3:\n"
      VMOV("r3", "s4")
      "add r0, r0, r10\n"
      "add r1, r1, r10\n"
      "movs r4, #4\n"
      "4:\n"
      "ldr r5, [r3], #4\n"
      "ldr r6, [r3, #12]\n"
      "ldrb r7, [r3, #28]\n"
      "ldrb r9, [r3, #29]\n"
      "ldr r8, [r3, #44]\n"
      "str r5, [r0]\n"
      "str r6, [r0, #4]\n"
      "lsl r8, r8, r9\n"
      "strb r7, [r1]\n"
      "str r8, [r0, #8]\n"
      "add r0, r0, r2\n"
      "add r1, r1, r2\n"
      "subs r4, #1\n"
      "bne 4b\n"
      "pop {r4-r11, pc}\n");
}

#else
typedef int thimble_depthwise_records_2_is_empty; /* ISO C wants a declaration */
#endif
