/* 1x1 convolutions of at most 16 channels on Armv7E-M with a floating-point unit, whose 32 registers hold the inputs of
 * four pixels: one VMOV an input word needs no address and no second register. Two channels at a time: 29 cycles for
 * 32 products, 16 inputs of four pixels by two channels in 180. */
#include "gemm.h"

#if THIMBLE_QUAD

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

#define AT_WEIGHTS 0
#define AT_OUTPUT 4
#define AT_STRIDE 8    /* from what r12 is at the end of a block to the next block */
#define AT_END 12      /* of the weights for this pair of channels; 0 where the loop does not begin at the first step */
#define AT_LAST 16     /* the end where it does not */
#define AT_DISTANCE 20
#define AT_MODE 24
#define AT_ENTRY 28
#define AT_SKIP 32     /* bytes of the steps that are left out */
#define AT_GROUPS 36
#define AT_INPUT 40
#define AT_COUNT 44    /* inputs of a pixel */
#define AT_WIDEN 48
#define AT_PASS 52     /* 0: channels 0 and 1 of every block, 4: channels 2 and 3 */
#define AT_WEND 56
#define FRAME 64

/* Four inputs of each of four pixels to words a and a + 1 of each; r0-r3 pixels. 21 cycles, 80 bytes of code. */
#define WIDEN_WORD(from, a, b)    \
  "sxtb16 r8, " from "\n"         \
  "sxtb16 r9, " from ", ror #8\n" \
  "vmov s" S(a) ", r8\n"          \
  "vmov s" S(b) ", r9\n"
#define WIDEN(a, b, c, d, e, f, g, h) \
  "ldr r4, [r0], #4\n"                \
  "ldr r5, [r1], #4\n"                \
  "ldr r6, [r2], #4\n"                \
  "ldr r7, [r3], #4\n"                \
  WIDEN_WORD("r4", a, b)              \
  WIDEN_WORD("r5", c, d)              \
  WIDEN_WORD("r6", e, f)              \
  WIDEN_WORD("r7", g, h)

/* r0, r2, r4, r6 raw sums of four pixels, r1, r3, r5, r7 of the low channel. 13 cycles, 52 bytes. */
#define STEP_FROM(w, raw, low, a, b, c, d) \
  "sxtb16 r9, " w "\n"                     \
  "vmov r8, s" S(d) "\n"                   \
  "smlad r6, r8, " w ", " raw(r6) "\n"     \
  "smlad r7, r8, r9, " low(r7) "\n"        \
  "vmov r8, s" S(c) "\n"                   \
  "smlad r4, r8, " w ", " raw(r4) "\n"     \
  "smlad r5, r8, r9, " low(r5) "\n"        \
  "vmov r8, s" S(b) "\n"                   \
  "smlad r2, r8, " w ", " raw(r2) "\n"     \
  "smlad r3, r8, r9, " low(r3) "\n"        \
  "vmov r8, s" S(a) "\n"                   \
  "smlad r0, r8, " w ", r0\n"              \
  "smlad r1, r8, r9, r1\n"
#define ITSELF(r) #r
#define START_RAW(r) "r0"
#define START_LOW(r) "r1"
#define STEP(w, a, b, c, d) STEP_FROM(w, ITSELF, ITSELF, a, b, c, d)
#define LOAD(first, second)             \
  "ldr r10, [r12, #" S(first) "]\n"     \
  "ldr r11, [r12, #" S(second) "]\n"

#define EACH_LOW(f) f("r1") f("r3") f("r5") f("r7")
#define EACH_HIGH(f) f("r0") f("r2") f("r4") f("r6")
#define DOUBLE(r) "lsls " r ", " r ", #1\n"
#define SCALE_LOW(r) "smmlar " r ", " r ", r8, r9\n"
#define SCALE_LOW_ANY(r) "add r11, r9, " r ", asr #31\n" DOUBLE(r) "smmlar " r ", " r ", r8, r11\n"
#define SCALE_HIGH(r) "smmla " r ", " r ", r8, r9\n"
#define SCALE_HIGH_ANY(r) "lsr r11, " r ", #31\n" "sub r11, r9, r11, lsl #7\n" "smmla " r ", " r ", r8, r11\n"
#define SHIFT(r) "asr " r ", " r ", r10\n"
#define SATURATE(r) "ssat " r ", #8, " r "\n"
#define HIGH_CONSTANTS            \
  "ldr r8, [r12, #104]\n"         \
  "ldr r9, [r12, #112]\n"         \
  "ldr r10, [r12, #120]\n"

__attribute__((naked)) void thimble_gemm_four(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      "push {r4-r11, lr}\n"
      "vpush {s16-s31}\n"
      "sub sp, #" S(FRAME) "\n"
      "ldm r0, {r1-r10}\n"
      "str r1, [sp, #" S(AT_WEIGHTS) "]\n"
      "str r4, [sp, #" S(AT_OUTPUT) "]\n"
      "str r5, [sp, #" S(AT_DISTANCE) "]\n"
      "str r7, [sp, #" S(AT_MODE) "]\n"
      "str r8, [sp, #" S(AT_GROUPS) "]\n"
      "ldr r8, [r10]\n"
      "str r8, [sp, #" S(AT_INPUT) "]\n"
      "lsls r10, r3, #1\n"
      "str r10, [sp, #" S(AT_COUNT) "]\n"
      "rsb r10, r3, #8\n"          /* steps left out: 0, 2, 4, 6 */
      "lsls r11, r10, #3\n"
      "str r11, [sp, #" S(AT_SKIP) "]\n"
      "lsls r7, r3, #3\n"
      "adds r7, r7, #64\n"         /* bytes of a block */
      "add r11, r11, r7\n"
      "str r11, [sp, #" S(AT_STRIDE) "]\n"
      "mla r7, r7, r6, r1\n"
      "str r7, [sp, #" S(AT_WEND) "]\n"
      "adr r11, 20f\n"
      "movs r7, #56\n"
      "mla r11, r10, r7, r11\n"
      "orr r11, r11, #1\n"
      "str r11, [sp, #" S(AT_ENTRY) "]\n"
      "adr r11, 8f\n"
      "movs r7, #40\n"
      "mla r11, r10, r7, r11\n"
      "orr r11, r11, #1\n"
      "str r11, [sp, #" S(AT_WIDEN) "]\n"

      "1:\n"  /* four pixels */
      "ldr r0, [sp, #" S(AT_INPUT) "]\n"
      "ldr r4, [sp, #" S(AT_COUNT) "]\n"
      "ldr r5, [sp, #" S(AT_WIDEN) "]\n"
      "add r1, r0, r4\n"
      "add r2, r1, r4\n"
      "add r3, r2, r4\n"
      "bx r5\n"
      ".balign 4\n"
      "8:\n"
      WIDEN(0, 1, 8, 9, 16, 17, 24, 25)
      WIDEN(2, 3, 10, 11, 18, 19, 26, 27)
      WIDEN(4, 5, 12, 13, 20, 21, 28, 29)
      WIDEN(6, 7, 14, 15, 22, 23, 30, 31)
      "str r3, [sp, #" S(AT_INPUT) "]\n"
      "movs r2, #0\n"

      "2:\n"  /* channels 0 and 1 of every block, then 2 and 3 */
      "str r2, [sp, #" S(AT_PASS) "]\n"
      "ldr r12, [sp, #" S(AT_WEIGHTS) "]\n"
      "ldr r3, [sp, #" S(AT_WEND) "]\n"
      "ldr lr, [sp, #" S(AT_OUTPUT) "]\n"
      "ldr r4, [sp, #" S(AT_SKIP) "]\n"
      "add r12, r12, r2\n"
      "add r3, r3, r2\n"
      "add lr, lr, r2, lsr #1\n"
      "str r3, [sp, #" S(AT_LAST) "]\n"
      "cmp r4, #0\n"
      "beq 3f\n"
      "movs r3, #0\n"
      "str r3, [sp, #" S(AT_END) "]\n"
      "b.w 11f\n"
      "3:\n"
      "str r3, [sp, #" S(AT_END) "]\n"

      ".balign 4\n"
      "10:\n"  /* a block, all eight steps */
      "ldr.w r0, [r12]\n"
      "ldr.w r1, [r12, #8]\n"
      "20:\n"
      LOAD(16, 24)
      STEP_FROM("r10", START_RAW, START_LOW, 0, 8, 16, 24)
      STEP("r11", 1, 9, 17, 25)
      LOAD(32, 40)
      STEP("r10", 2, 10, 18, 26)
      STEP("r11", 3, 11, 19, 27)
      LOAD(48, 56)
      STEP("r10", 4, 12, 20, 28)
      STEP("r11", 5, 13, 21, 29)
      LOAD(64, 72)
      STEP("r10", 6, 14, 22, 30)
      STEP("r11", 7, 15, 23, 31)
      "ldr r8, [r12, #80]\n"
      "ldr r9, [r12, #88]\n"
      "ldr r10, [r12, #96]\n"
      "ldr r11, [sp, #" S(AT_MODE) "]\n"
      "subs r0, r0, r1\n"
      "subs r2, r2, r3\n"
      "subs r4, r4, r5\n"
      "subs r6, r6, r7\n"
      "cmp r11, #0\n"
      "bne 4f\n"
      EACH_LOW(DOUBLE)
      EACH_LOW(SCALE_LOW)
      EACH_LOW(SHIFT)
      HIGH_CONSTANTS
      "ldr r11, [sp, #" S(AT_DISTANCE) "]\n"
      EACH_HIGH(SCALE_HIGH)
      "5:\n"
      EACH_HIGH(SHIFT)
      EACH_LOW(SATURATE)
      EACH_HIGH(SATURATE)
      "add r8, lr, r11\n"
      "strb r1, [lr]\n"
      "strb r0, [lr, #1]\n"
      "strb r3, [r8]\n"
      "add r9, r8, r11\n"
      "strb r2, [r8, #1]\n"
      "add r8, r9, r11\n"
      "strb r5, [r9]\n"
      "strb r4, [r9, #1]\n"
      "strb r7, [r8]\n"
      "strb r6, [r8, #1]\n"
      "ldr r10, [sp, #" S(AT_STRIDE) "]\n"
      "ldr r9, [sp, #" S(AT_END) "]\n"
      "add lr, lr, #4\n"
      "add r12, r12, r10\n"
      "cmp r12, r9\n"
      "blo.w 10b\n"
      "ldr r9, [sp, #" S(AT_LAST) "]\n"
      "cmp r12, r9\n"
      "blo.w 11f\n"
      "ldr r2, [sp, #" S(AT_PASS) "]\n"
      "eors r2, r2, #4\n"
      "bne.w 2b\n"
      "ldr r0, [sp, #" S(AT_GROUPS) "]\n"
      "ldr r1, [sp, #" S(AT_OUTPUT) "]\n"
      "ldr r2, [sp, #" S(AT_DISTANCE) "]\n"
      "add r1, r1, r2, lsl #2\n"
      "str r1, [sp, #" S(AT_OUTPUT) "]\n"
      "subs r0, r0, #1\n"
      "str r0, [sp, #" S(AT_GROUPS) "]\n"
      "bne.w 1b\n"
      "add sp, #" S(FRAME) "\n"
      "vpop {s16-s31}\n"
      "pop {r4-r11, pc}\n"

      "4:\n"  /* any activation: ties below zero are nudged */
      EACH_LOW(SCALE_LOW_ANY)
      EACH_LOW(SHIFT)
      HIGH_CONSTANTS
      EACH_HIGH(SCALE_HIGH_ANY)
      "ldr r11, [sp, #" S(AT_DISTANCE) "]\n"
      "b.w 5b\n"

      "11:\n"  /* a block of fewer steps */
      "ldr r0, [r12]\n"
      "ldr r1, [r12, #8]\n"
      "ldr r8, [sp, #" S(AT_SKIP) "]\n"
      "ldr r9, [sp, #" S(AT_ENTRY) "]\n"
      "mov r2, r0\n"
      "mov r3, r1\n"
      "mov r4, r0\n"
      "mov r5, r1\n"
      "mov r6, r0\n"
      "mov r7, r1\n"
      "sub r12, r12, r8\n"
      "bx r9\n");
}

#else
typedef int thimble_gemm_quad_is_empty; /* ISO C wants a declaration */
#endif
