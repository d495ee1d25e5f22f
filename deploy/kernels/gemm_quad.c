/* 1x1 convolutions of 8 or 16 channels on Armv7E-M with a floating-point unit, whose 32 registers hold the inputs of
 * four pixels: one VMOV an input word needs no address and no second register. Two channels at a time: 29 cycles for
 * 32 products, 16 inputs of four pixels by two channels in 162 with relu, else in 182.
 *
 * Flags live through a block, since nothing but the jumps at its end looks at them and TEQ leaves these two alone:
 * C any activation, V 8 inputs. */
#include "gemm.h"

#if THIMBLE_QUAD

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

#define AT_WEIGHTS 0
#define AT_OUTPUT 4
#define AT_DISTANCE 8
#define AT_END 12      /* of the weights for this pair of channels */
#define AT_LAST 16     /* of the second pair's */
#define AT_FLAGS 20
#define AT_GROUPS 24
#define AT_INPUT 28
#define AT_NEXT 32     /* bytes from pixel to pixel */
#define FRAME 40

/* Four inputs of each of four pixels to words a and a + 1 of each; r0-r3 pixels. 21 cycles. */
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

/* r0, r2, r4, r6 raw sums of four pixels, r1, r3, r5, r7 of the even channel. 13 cycles. */
#define STEP_FROM(w, raw, even, a, b, c, d) \
  "sxtb16 r9, " w "\n"                      \
  "vmov r8, s" S(d) "\n"                    \
  "smlad r6, r8, " w ", " raw(r6) "\n"      \
  "smlad r7, r8, r9, " even(r7) "\n"        \
  "vmov r8, s" S(c) "\n"                    \
  "smlad r4, r8, " w ", " raw(r4) "\n"      \
  "smlad r5, r8, r9, " even(r5) "\n"        \
  "vmov r8, s" S(b) "\n"                    \
  "smlad r2, r8, " w ", " raw(r2) "\n"      \
  "smlad r3, r8, r9, " even(r3) "\n"        \
  "vmov r8, s" S(a) "\n"                    \
  "smlad r0, r8, " w ", r0\n"               \
  "smlad r1, r8, r9, r1\n"
#define ITSELF(r) #r
#define START_RAW(r) "r0"
#define START_EVEN(r) "r1"
#define STEP(w, a, b, c, d) STEP_FROM(w, ITSELF, ITSELF, a, b, c, d)
/* The next word of this pair of channels. */
#define NEXT(r) "ldr " r ", [r12], #8\n"

#define EACH_EVEN(f) f("r1") f("r3") f("r5") f("r7")
#define EACH_ODD(f) f("r0", "r1") f("r2", "r3") f("r4", "r5") f("r6", "r7")
#define SCALE_EVEN(r) "smmla " r ", " r ", r10, r11\n"
#define SCALE_ODD(r, even) "smmla " r ", " r ", r8, r9\n"
#define TAKE_OUT(r, even) "sub " r ", " r ", " even "\n"
#define CHOOSE(r, multiplier)                        \
  "ite mi\n"                                         \
  "smmlami " r ", " r ", " multiplier ", r10\n"      \
  "smmlapl " r ", " r ", " multiplier ", r9\n"
#define SCALE_EVEN_ANY(r) "lsls " r ", " r ", #8\n" CHOOSE(r, "r11")
#define SCALE_ODD_ANY(r, even) "subs " r ", " r ", " even "\n" CHOOSE(r, "r8")
#define SATURATE(r, shift) "ssat " r ", #8, " r ", asr #" S(shift) "\n"
#define SATURATE_EVEN(r) SATURATE(r, THIMBLE_GEMM_SHIFT_RELU_EVEN)
#define SATURATE_ODD(r, even) SATURATE(r, THIMBLE_GEMM_SHIFT_RELU)
#define SATURATE_ANY(r, even) SATURATE(r, THIMBLE_GEMM_SHIFT_ANY) SATURATE(even, THIMBLE_GEMM_SHIFT_ANY)
/* Twice a number of which bit 31 is C, and bit 30 is not if V is. */
#define SET_FLAGS(r) "cmn " r ", " r "\n"
/* To four pixels, r8 bytes apart; then the next block where there is one, whose end is r9. */
#define STORE               \
  "add r10, lr, r8\n"       \
  "strb r0, [lr, #1]\n"     \
  "strb r1, [lr], #4\n"     \
  "add r11, r10, r8\n"      \
  "strb r3, [r10]\n"        \
  "strb r2, [r10, #1]\n"    \
  "add r8, r11, r8\n"       \
  "strb r5, [r11]\n"        \
  "strb r4, [r11, #1]\n"    \
  "strb r7, [r8]\n"         \
  "strb r6, [r8, #1]\n"     \
  "teq r12, r9\n"           \
  "bne.w 10b\n"

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
      "str r8, [sp, #" S(AT_GROUPS) "]\n"
      "ldr r8, [r10]\n"
      "str r8, [sp, #" S(AT_INPUT) "]\n"
      "ldr r8, [r0, #48]\n"
      "str r8, [sp, #" S(AT_NEXT) "]\n"
      "rsb r8, r3, #8\n"           /* 4 for 8 inputs */
      "lsls r8, r8, #28\n"
      "eor r8, r8, r7, lsl #30\n"
      "orr r8, r8, r7, lsl #31\n"
      "str r8, [sp, #" S(AT_FLAGS) "]\n"
      "lsls r3, r3, #3\n"
      "adds r3, r3, #48\n"
      "add r3, r3, r7, lsl #4\n"   /* bytes of a block */
      "mla r3, r3, r6, r1\n"
      "str r3, [sp, #" S(AT_END) "]\n"
      "adds r3, r3, #4\n"
      "str r3, [sp, #" S(AT_LAST) "]\n"

      "1:\n"  /* four pixels */
      "ldr r0, [sp, #" S(AT_INPUT) "]\n"
      "ldr r4, [sp, #" S(AT_NEXT) "]\n"
      "ldr r5, [sp, #" S(AT_FLAGS) "]\n"
      "ldr r12, [sp, #" S(AT_WEIGHTS) "]\n"
      "ldr lr, [sp, #" S(AT_OUTPUT) "]\n"
      "add r1, r0, r4\n"
      "add r2, r1, r4\n"
      "add r3, r2, r4\n"
      "add r4, r3, r4\n"
      "str r4, [sp, #" S(AT_INPUT) "]\n"
      SET_FLAGS("r5")
      WIDEN(0, 1, 8, 9, 16, 17, 24, 25)
      WIDEN(2, 3, 10, 11, 18, 19, 26, 27)
      "bvs.w 2f\n"
      WIDEN(4, 5, 12, 13, 20, 21, 28, 29)
      WIDEN(6, 7, 14, 15, 22, 23, 30, 31)
      "2:\n"

      ".balign 4\n"
      "10:\n"  /* channels 0 and 1 of every block, then 2 and 3 */
      NEXT("r0") NEXT("r1") NEXT("r10") NEXT("r11")
      STEP_FROM("r10", START_RAW, START_EVEN, 0, 8, 16, 24)
      STEP("r11", 1, 9, 17, 25)
      NEXT("r10") NEXT("r11")
      STEP("r10", 2, 10, 18, 26)
      STEP("r11", 3, 11, 19, 27)
      "bvs.w 4f\n"
      NEXT("r10") NEXT("r11")
      STEP("r10", 4, 12, 20, 28)
      STEP("r11", 5, 13, 21, 29)
      NEXT("r10") NEXT("r11")
      STEP("r10", 6, 14, 22, 30)
      STEP("r11", 7, 15, 23, 31)
      "4:\n"
      NEXT("r8") NEXT("r9") NEXT("r10") NEXT("r11")
      "bcs.w 6f\n"
      EACH_ODD(TAKE_OUT)
      EACH_ODD(SCALE_ODD)
      EACH_EVEN(SCALE_EVEN)
      "ldr r8, [sp, #" S(AT_DISTANCE) "]\n"
      "ldr r9, [sp, #" S(AT_END) "]\n"
      EACH_ODD(SATURATE_ODD)
      EACH_EVEN(SATURATE_EVEN)
      STORE
      "5:\n"
      "ldr r8, [sp, #" S(AT_LAST) "]\n"
      "ldr r12, [sp, #" S(AT_WEIGHTS) "]\n"
      "ldr lr, [sp, #" S(AT_OUTPUT) "]\n"
      "teq r9, r8\n"
      "str r8, [sp, #" S(AT_END) "]\n"
      "add r12, r12, #4\n"
      "add lr, lr, #2\n"
      "bne.w 10b\n"
      "subs r8, #4\n"
      "str r8, [sp, #" S(AT_END) "]\n"
      "ldr r0, [sp, #" S(AT_GROUPS) "]\n"
      "ldr r2, [sp, #" S(AT_DISTANCE) "]\n"
      "sub lr, lr, #2\n"
      "add lr, lr, r2, lsl #2\n"
      "str lr, [sp, #" S(AT_OUTPUT) "]\n"
      "subs r0, r0, #1\n"
      "str r0, [sp, #" S(AT_GROUPS) "]\n"
      "bne.w 1b\n"
      "add sp, #" S(FRAME) "\n"
      "vpop {s16-s31}\n"
      "pop {r4-r11, pc}\n"

      "6:\n"  /* any activation: below zero, ties are nudged by an addend of their own */
      EACH_ODD(SCALE_ODD_ANY)
      NEXT("r9") NEXT("r10")
      EACH_EVEN(SCALE_EVEN_ANY)
      "ldr r8, [sp, #" S(AT_DISTANCE) "]\n"
      "ldr r9, [sp, #" S(AT_END) "]\n"
      "ldr r10, [sp, #" S(AT_FLAGS) "]\n"
      EACH_ODD(SATURATE_ANY)
      SET_FLAGS("r10")
      STORE
      "b.w 5b\n");
}

#else
typedef int thimble_gemm_quad_is_empty; /* ISO C wants a declaration */
#endif
