/* The GEMM kernels for Armv7E-M. Hand-written, since eight sums, inputs and pointers take every register there is:
 * r0-r7 sums, r12 inputs, lr weights. Per word of two inputs and four channels: SXTB16 widens two channels' weights at
 * a time, SMLAD does two products. Cycles below are those of the Cortex-M4 manual without wait states. */
#include "gemm.h"

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

/* The frame: seven words copied from thimble_gemm (lr takes the eighth), under the nine saved registers. */
#define AT_INPUT 0
#define AT_END 4
#define AT_OUTPUT 8
#define AT_OUT_C 12
#define AT_ZERO2 16
#define AT_RELU 20
#define AT_LEFT 24 /* channels still to do */
#define FRAME 32

#define PROLOGUE            \
  "push {r4-r11, lr}\n"     \
  "ldm r0, {r1-r7}\n"       \
  "mov lr, r1\n"            \
  "mov r8, r5\n"            \
  "sub sp, #" S(FRAME) "\n" \
  "stm sp, {r2-r8}\n"

#define EPILOGUE            \
  "add sp, #" S(FRAME) "\n" \
  "pop {r4-r11, pc}\n"

/* 18 cycles for 16 products. */
#define STEP_TWO              \
  "ldr r8, [r12], #4\n"       \
  "ldr r9, [r12], #4\n"       \
  "ldr r10, [lr], #4\n"       \
  "sxtb16 r11, r10\n"         \
  "sxtb16 r10, r10, ror #8\n" \
  "smlad r0, r8, r11, r0\n"   \
  "smlad r1, r9, r11, r1\n"   \
  "smlad r2, r8, r10, r2\n"   \
  "smlad r3, r9, r10, r3\n"   \
  "ldr r10, [lr], #4\n"       \
  "sxtb16 r11, r10\n"         \
  "sxtb16 r10, r10, ror #8\n" \
  "smlad r4, r8, r11, r4\n"   \
  "smlad r5, r9, r11, r5\n"   \
  "smlad r6, r8, r10, r6\n"   \
  "smlad r7, r9, r10, r7\n"

/* 12 cycles for 8 products. */
#define STEP_ONE              \
  "ldr r8, [r12], #4\n"       \
  "ldr r9, [lr], #4\n"        \
  "ldr r10, [lr], #4\n"       \
  "sxtb16 r11, r9\n"          \
  "sxtb16 r9, r9, ror #8\n"   \
  "smlad r0, r8, r11, r0\n"   \
  "smlad r2, r8, r9, r2\n"    \
  "sxtb16 r11, r10\n"         \
  "sxtb16 r10, r10, ror #8\n" \
  "smlad r4, r8, r11, r4\n"   \
  "smlad r6, r8, r10, r6\n"

/* r8 multiplier, r9 shifts, r10 addend; r12 is zero2, which the nudge overwrites. */
#define CHANNEL        \
  "ldr r8, [lr], #4\n" \
  "ldr r9, [lr], #4\n" \
  "lsl r10, r12, r9\n" \
  "asr r10, r10, #1\n"
#define CHANNEL_ANY                   \
  "ldr r8, [lr], #4\n"                \
  "ldr r9, [lr], #4\n"                \
  "ldr r12, [sp, #" S(AT_ZERO2) "]\n" \
  "lsl r10, r12, r9\n"                \
  "asr r10, r10, #1\n"

/* thimble_requantise of two sums or of one, without the nudge of ties and with it. */
#define RELU_TWO(a, b)               \
  CHANNEL                            \
  "lsr r11, r9, #8\n"                \
  "lsl " #a ", " #a ", r11\n"        \
  "lsl " #b ", " #b ", r11\n"        \
  "smmlar " #a ", " #a ", r8, r10\n" \
  "smmlar " #b ", " #b ", r8, r10\n" \
  "asr " #a ", " #a ", r9\n"         \
  "asr " #b ", " #b ", r9\n"         \
  "ssat " #a ", #8, " #a "\n"        \
  "ssat " #b ", #8, " #b "\n"

#define ANY_TWO(a, b)                \
  CHANNEL_ANY                        \
  "lsr r11, r9, #16\n"               \
  "lsr r12, " #a ", r11\n"           \
  "lsr r11, " #b ", r11\n"           \
  "sub r12, r10, r12\n"              \
  "sub r11, r10, r11\n"              \
  "lsr r10, r9, #8\n"                \
  "lsl " #a ", " #a ", r10\n"        \
  "lsl " #b ", " #b ", r10\n"        \
  "smmlar " #a ", " #a ", r8, r12\n" \
  "smmlar " #b ", " #b ", r8, r11\n" \
  "asr " #a ", " #a ", r9\n"         \
  "asr " #b ", " #b ", r9\n"         \
  "ssat " #a ", #8, " #a "\n"        \
  "ssat " #b ", #8, " #b "\n"

#define RELU_ONE(a)                  \
  CHANNEL                            \
  "lsr r11, r9, #8\n"                \
  "lsl " #a ", " #a ", r11\n"        \
  "smmlar " #a ", " #a ", r8, r10\n" \
  "asr " #a ", " #a ", r9\n"         \
  "ssat " #a ", #8, " #a "\n"

#define ANY_ONE(a)                   \
  CHANNEL_ANY                        \
  "lsr r11, r9, #16\n"               \
  "lsr r12, " #a ", r11\n"           \
  "sub r12, r10, r12\n"              \
  "lsr r10, r9, #8\n"                \
  "lsl " #a ", " #a ", r10\n"        \
  "smmlar " #a ", " #a ", r8, r12\n" \
  "asr " #a ", " #a ", r9\n"         \
  "ssat " #a ", #8, " #a "\n"

/* Sets the flags for "four channels or fewer are left", r9 the channels left, r8 the output. */
#define NEXT_OUTPUT                   \
  "ldr r8, [sp, #" S(AT_OUTPUT) "]\n" \
  "ldr r9, [sp, #" S(AT_LEFT) "]\n"   \
  "cmp r9, #4\n"

#define ADVANCE                       \
  "add r8, r8, #4\n"                  \
  "str r8, [sp, #" S(AT_OUTPUT) "]\n" \
  "subs r9, r9, #4\n"                 \
  "str r9, [sp, #" S(AT_LEFT) "]\n"

__attribute__((naked)) void thimble_gemm_two(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      PROLOGUE
      "1:\n"
      "ldm lr!, {r0, r2, r4, r6}\n"
      "mov r1, r0\n"
      "mov r3, r2\n"
      "mov r5, r4\n"
      "mov r7, r6\n"
      "ldr r12, [sp, #" S(AT_INPUT) "]\n"
      "ldr r11, [sp, #" S(AT_END) "]\n"
      "sub r11, r11, r12\n"
      "tst r11, #16\n"  /* a column of 4 modulo 8 inputs: begin in the middle */
      "bne 3f\n"
      "2:\n"
      STEP_TWO
      STEP_TWO
      "3:\n"
      STEP_TWO
      STEP_TWO
      "ldr r11, [sp, #" S(AT_END) "]\n"
      "cmp r12, r11\n"
      "bne 2b\n"
      "ldr r11, [sp, #" S(AT_RELU) "]\n"
"ldr r12, [sp, #" S(AT_ZERO2) "]\n"
"cmp r11, #0\n"
"bne.w 4f\n"
ANY_TWO(r0, r1)
      ANY_TWO(r2, r3)
      ANY_TWO(r4, r5)
      ANY_TWO(r6, r7)
      "b.w 5f\n"
"4:\n"
RELU_TWO(r0, r1)
      RELU_TWO(r2, r3)
      RELU_TWO(r4, r5)
      RELU_TWO(r6, r7)
      "5:\n"
      NEXT_OUTPUT
      "ldr r10, [sp, #" S(AT_OUT_C) "]\n"
      "blt 6f\n"
      "strb r0, [r8]\n"
      "strb r2, [r8, #1]\n"
      "strb r4, [r8, #2]\n"
      "strb r6, [r8, #3]\n"
      "add r10, r10, r8\n"
      ADVANCE
      "strb r1, [r10]\n"
      "strb r3, [r10, #1]\n"
      "strb r5, [r10, #2]\n"
      "strb r7, [r10, #3]\n"
      "bne 1b\n"
      "b 7f\n"
      "6:\n"  /* the last one to three channels */
      "add r10, r10, r8\n"
      "strb r0, [r8]\n"
      "strb r1, [r10]\n"
      "cmp r9, #2\n"
      "blt 7f\n"
      "strb r2, [r8, #1]\n"
      "strb r3, [r10, #1]\n"
      "beq 7f\n"
      "strb r4, [r8, #2]\n"
      "strb r5, [r10, #2]\n"
      "7:\n"
      EPILOGUE);
}

__attribute__((naked)) void thimble_gemm_one(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      PROLOGUE
      "1:\n"
      "ldm lr!, {r0, r2, r4, r6}\n"
      "ldr r12, [sp, #" S(AT_INPUT) "]\n"
      "ldr r11, [sp, #" S(AT_END) "]\n"
      "sub r10, r11, r12\n"
      "tst r10, #8\n"
      "bne 3f\n"
      "2:\n"
      STEP_ONE
      STEP_ONE
      "3:\n"
      STEP_ONE
      STEP_ONE
      "ldr r11, [sp, #" S(AT_END) "]\n"
      "cmp r12, r11\n"
      "bne 2b\n"
      "ldr r11, [sp, #" S(AT_RELU) "]\n"
"ldr r12, [sp, #" S(AT_ZERO2) "]\n"
"cmp r11, #0\n"
"bne.w 4f\n"
ANY_ONE(r0)
      ANY_ONE(r2)
      ANY_ONE(r4)
      ANY_ONE(r6)
      "b.w 5f\n"
"4:\n"
RELU_ONE(r0)
      RELU_ONE(r2)
      RELU_ONE(r4)
      RELU_ONE(r6)
      "5:\n"
      NEXT_OUTPUT
      "blt 6f\n"
      "strb r0, [r8]\n"
      "strb r2, [r8, #1]\n"
      "strb r4, [r8, #2]\n"
      "strb r6, [r8, #3]\n"
      ADVANCE
      "bne 1b\n"
      "b 7f\n"
      "6:\n"
      "strb r0, [r8]\n"
      "cmp r9, #2\n"
      "blt 7f\n"
      "strb r2, [r8, #1]\n"
      "beq 7f\n"
      "strb r4, [r8, #2]\n"
      "7:\n"
      EPILOGUE);
}

#else
typedef int thimble_gemm_dsp_is_empty; /* ISO C wants a declaration */
#endif
