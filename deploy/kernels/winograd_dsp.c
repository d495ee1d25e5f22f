/* Winograd convolution for Armv7E-M. Cycles are those of the Cortex-M4 manual without wait states. */
#include "winograd.h"

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

/* --- input transform ---
 * r0-r3 rows, r12 bytes per column, lr three times that. The frame holds B'd of four columns for two pairs of channels,
 * [pair][row][column]. */
#define AT_TRANSFORMED 128
#define AT_CARRIED 132
#define AT_LEFT 136 /* channels still to do */
#define INPUT_FRAME 140

/* B'd of two channels of one column, `at` bytes into the frame: 12 cycles. */
#define COLUMN_PAIR(rotation, at)             \
  "sxtb16 r8, r4" rotation "\n"               \
  "sxtb16 r9, r5" rotation "\n"               \
  "sxtb16 r10, r6" rotation "\n"              \
  "sxtb16 r11, r7" rotation "\n"              \
  "ssub16 r8, r8, r10\n"                      \
  "ssub16 r11, r9, r11\n"                     \
  "str r8, [sp, #" S(at) " + 48]\n"           \
  "str r11, [sp, #" S(at) " + 32]\n"          \
  "sadd16 r8, r9, r10\n"                      \
  "ssub16 r9, r10, r9\n"                      \
  "str r8, [sp, #" S(at) "]\n"                \
  "str r9, [sp, #" S(at) " + 16]\n"

/* Four channels of one column: 29 cycles. */
#define COLUMN(from, at)          \
  "ldr r4, [r0" from "\n"         \
  "ldr r5, [r1" from "\n"         \
  "ldr r6, [r2" from "\n"         \
  "ldr r7, [r3" from "\n"         \
  COLUMN_PAIR("", at)             \
  COLUMN_PAIR(", ror #8", at + 64)

/* A row of B'd times B for both tiles: r11 columns 0 and 1, lr columns 2 to 5, r10 transformed. 25 cycles. */
#define ROW(row)                                 \
  "ldr r4, [r11]\n"                              \
  "ldr r5, [r11, #4]\n"                          \
  "ldr r6, [lr, #16 * " #row "]\n"               \
  "ldr r7, [lr, #16 * " #row " + 4]\n"           \
  "ldr r8, [lr, #16 * " #row " + 8]\n"           \
  "ldr r9, [lr, #16 * " #row " + 12]\n"          \
  "str r8, [r11], #4\n"                          \
  "str r9, [r11], #4\n"                          \
  "ssub16 r4, r4, r6\n"                          \
  "str r4, [r10, #96 + 8 * " #row "]\n"          \
  "sadd16 r4, r5, r6\n"                          \
  "str r4, [r10, #8 * " #row "]\n"               \
  "ssub16 r4, r6, r5\n"                          \
  "str r4, [r10, #32 + 8 * " #row "]\n"          \
  "ssub16 r4, r5, r7\n"                          \
  "str r4, [r10, #64 + 8 * " #row "]\n"          \
  "ssub16 r4, r6, r8\n"                          \
  "str r4, [r10, #96 + 8 * " #row " + 4]\n"      \
  "sadd16 r4, r7, r8\n"                          \
  "str r4, [r10, #8 * " #row " + 4]\n"           \
  "ssub16 r4, r8, r7\n"                          \
  "str r4, [r10, #32 + 8 * " #row " + 4]\n"      \
  "ssub16 r4, r7, r9\n"                          \
  "str r4, [r10, #64 + 8 * " #row " + 4]\n"

__attribute__((naked)) void thimble_winograd_transform(const thimble_winograd_input* input) {
  (void)input;
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, #" S(INPUT_FRAME) "\n"
      "ldm r0, {r0-r6}\n"
      "mov r12, r4\n"
      "str r6, [sp, #" S(AT_TRANSFORMED) "]\n"
      "str r5, [sp, #" S(AT_CARRIED) "]\n"
      "1:\n"
      "str r4, [sp, #" S(AT_LEFT) "]\n"
      "add lr, r12, r12, lsl #1\n"
      COLUMN(", r12]", 4)
      COLUMN(", r12, lsl #1]", 8)
      COLUMN(", lr]", 12)
      COLUMN("], #4", 0)
      "ldr r10, [sp, #" S(AT_TRANSFORMED) "]\n"
      "ldr r11, [sp, #" S(AT_CARRIED) "]\n"
      "mov lr, sp\n"
      "2:\n"
      ROW(0)
      ROW(1)
      ROW(2)
      ROW(3)
      "add r10, r10, #4 * " S(THIMBLE_WINOGRAD_PAIR) "\n"
      "add lr, lr, #64\n"
      "sub r4, sp, lr\n"
      "adds r4, r4, #128\n"
      "bne 2b\n"
      "ldr r4, [sp, #" S(AT_LEFT) "]\n"
      "str r10, [sp, #" S(AT_TRANSFORMED) "]\n"
      "str r11, [sp, #" S(AT_CARRIED) "]\n"
      "subs r4, r4, #4\n"
      "bne.w 1b\n"
      "add sp, #" S(INPUT_FRAME) "\n"
      "pop {r4-r11, pc}\n");
}

/* --- products ---
 * r0-r3 sums of the first tile's four channels, r4-r7 of the second's, lr transformed inputs, r12 weights.
 * Slots are registers of the floating-point unit, or words of the frame where there is none. */
#if defined(__ARM_FP)
#define GET(register, slot) "vmov " register ", s" S(slot) "\n"
#define PUT(register, slot) "vmov s" S(slot) ", " register "\n"
#define TILES_FRAME 36
#else
#define GET(register, slot) "ldr " register ", [sp, #32 + 4 * " S(slot) "]\n"
#define PUT(register, slot) "str " register ", [sp, #32 + 4 * " S(slot) "]\n"
#define TILES_FRAME 100
#endif
/* Slots 8 to 15 hold the first of a column's four sums; the frame begins with the second. */
#define END 0
#define ENTRY 1
#define BACK 2
#define TRANSFORMED 3
#define COLUMN_SUMS 4
#define SUMS 5
#define WEIGHTS_END 6
#define TILES 7

/* 16 cycles and 56 bytes for 16 products. */
#define STEP                  \
  "ldr r8, [lr], #4\n"        \
  "ldr r9, [lr], #124\n"      \
  "ldr r10, [r12], #4\n"      \
  "ldr r11, [r12], #4\n"      \
  "smlad r0, r8, r10, r0\n"   \
  "smlad r1, r8, r11, r1\n"   \
  "smlad r4, r9, r10, r4\n"   \
  "smlad r5, r9, r11, r5\n"   \
  "ldr r10, [r12], #4\n"      \
  "ldr r11, [r12], #4\n"      \
  "smlad r2, r8, r10, r2\n"   \
  "smlad r3, r8, r11, r3\n"   \
  "smlad r6, r9, r10, r6\n"   \
  "smlad r7, r9, r11, r7\n"

/* One of the 16 sums of products. A loop of eight steps is entered where its first pass has to begin. */
#define DOT                   \
  GET("r8", ENTRY)                \
  "add pc, r8\n"              \
  "nop\n"                     \
  "2:\n"                      \
  STEP STEP STEP STEP         \
  STEP STEP STEP STEP         \
  GET("r8", END)                \
  "cmp lr, r8\n"              \
  "blo 2b\n"

#define NEXT                  \
  GET("r8", BACK)                \
  "sub lr, lr, r8\n"

#define PUT_FIRST             \
  PUT("r0", 8) PUT("r1", 9) PUT("r2", 10) PUT("r3", 11) PUT("r4", 12) PUT("r5", 13) PUT("r6", 14) PUT("r7", 15)

#define PUT_SECOND            \
  "str r0, [sp]\n"            \
  "str r1, [sp, #4]\n"        \
  "str r2, [sp, #8]\n"        \
  "str r3, [sp, #12]\n"       \
  "str r4, [sp, #16]\n"       \
  "str r5, [sp, #20]\n"       \
  "str r6, [sp, #24]\n"       \
  "str r7, [sp, #28]\n"

#define GET_SECOND            \
  "ldr r0, [sp]\n"            \
  "ldr r1, [sp, #4]\n"        \
  "ldr r2, [sp, #8]\n"        \
  "ldr r3, [sp, #12]\n"       \
  "ldr r4, [sp, #16]\n"       \
  "ldr r5, [sp, #20]\n"       \
  "ldr r6, [sp, #24]\n"       \
  "ldr r7, [sp, #28]\n"

/* Twice the first less the second. */
#define DIFFERENCE            \
  GET("r8", 8) GET("r9", 9) GET("r10", 10) GET("r11", 11) \
  "rsb r0, r0, r8, lsl #1\n"  \
  "rsb r1, r1, r9, lsl #1\n"  \
  "rsb r2, r2, r10, lsl #1\n" \
  "rsb r3, r3, r11, lsl #1\n" \
  GET("r8", 12) GET("r9", 13) GET("r10", 14) GET("r11", 15) \
  "rsb r4, r4, r8, lsl #1\n"  \
  "rsb r5, r5, r9, lsl #1\n"  \
  "rsb r6, r6, r10, lsl #1\n" \
  "rsb r7, r7, r11, lsl #1\n"

/* To the sums' column at r8: one row of outputs. */
#define PUT_SUMS(row)                       \
  "str r0, [r8, #16 * " #row "]\n"          \
  "str r1, [r8, #16 * " #row " + 64]\n"     \
  "str r2, [r8, #16 * " #row " + 128]\n"    \
  "str r3, [r8, #16 * " #row " + 192]\n"    \
  "str r4, [r8, #16 * " #row " + 32]\n"     \
  "str r5, [r8, #16 * " #row " + 96]\n"     \
  "str r6, [r8, #16 * " #row " + 160]\n"    \
  "str r7, [r8, #16 * " #row " + 224]\n"

/* The sums T1, T2, T3, T0 of a row become its outputs: b = T1 - T2 + T3 and a = T1 + T2 + T0. */
#define OUTPUTS(a, t2, b, t0)        \
  "sub " #b ", " #b ", " #t2 "\n"    \
  "add " #b ", " #b ", " #a "\n"     \
  "add " #a ", " #a ", " #t2 "\n"    \
  "add " #a ", " #a ", " #t0 "\n"

/* r8 multiplier, r9 addend, r10 shift, r11 outputs. */
#define RELU_ONE(x, at)                   \
  "smmla " #x ", " #x ", r8, r9\n"        \
  "asr " #x ", " #x ", r10\n"             \
  "ssat " #x ", #8, " #x "\n"             \
  "strb " #x ", [r11, #" #at "]\n"

#define ANY_ONE(x, at)                    \
  "add r1, r9, " #x ", asr #31\n"         \
  "add r1, r1, " #x ", asr #31\n"         \
  "smmla " #x ", " #x ", r8, r1\n"        \
  "asr " #x ", " #x ", r10\n"             \
  "ssat " #x ", #8, " #x "\n"             \
  "strb " #x ", [r11, #" #at "]\n"

/* One channel of one tile, r11 at its first output of the four bytes. */
#define TILE(ONE, first)              \
  "ldm lr!, {r0-r7}\n"                \
  OUTPUTS(r0, r1, r2, r3)             \
  OUTPUTS(r4, r5, r6, r7)             \
  ONE(r0, first)                      \
  ONE(r2, first + 4)                  \
  ONE(r4, first + 16)                 \
  ONE(r6, first + 20)

#define BLOCK(ONE)                    \
  "ldm r12!, {r8-r10}\n"              \
  TILE(ONE, 0)                        \
  TILE(ONE, 8)                        \
  "add r11, r11, #1\n"                \
  "lsls r0, r11, #30\n"

__attribute__((naked)) void thimble_winograd_multiply(thimble_winograd_tiles* tiles) {
  (void)tiles;
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, #" S(TILES_FRAME) "\n"
      PUT("r0", TILES)
      "ldm r0, {r1-r7}\n"
      "mov r12, r1\n"
      PUT("r2", TRANSFORMED)
      PUT("r3", END)
      PUT("r4", BACK)
      PUT("r5", ENTRY)
      PUT("r6", SUMS)
      PUT("r7", WEIGHTS_END)
      "1:\n"
      GET("r8", SUMS)
      PUT("r8", COLUMN_SUMS)
      GET("lr", TRANSFORMED)
      "ldm r12!, {r0-r3}\n"
      "mov r4, r0\n"
      "mov r5, r1\n"
      "mov r6, r2\n"
      "mov r7, r3\n"
      "3:\n"
      DOT
      PUT_FIRST
      NEXT
      DOT
      PUT_SECOND
      DIFFERENCE
      NEXT
      DOT
      GET("r8", COLUMN_SUMS)
      PUT_SUMS(1)
      GET_SECOND
      NEXT
      DOT
      GET("r8", COLUMN_SUMS)
      GET("r9", SUMS)
      PUT_SUMS(0)
      "add r8, r8, #4\n"
      "sub r9, r8, r9\n"
      PUT("r8", COLUMN_SUMS)
      "cmp r9, #16\n"
      "beq 4f\n"
      NEXT
      "movs r0, #0\n"
      "movs r1, #0\n"
      "movs r2, #0\n"
      "movs r3, #0\n"
      "movs r4, #0\n"
      "movs r5, #0\n"
      "movs r6, #0\n"
      "movs r7, #0\n"
      "b.w 3b\n"
      "4:\n"
      GET("lr", SUMS)
      GET("r0", TILES)
      "add r11, lr, #256\n"
      "ldr r0, [r0, #44]\n"
      "cmp r0, #0\n"
      "beq 6f\n"
      "5:\n"
      BLOCK(RELU_ONE)
      "bne 5b\n"
      "b 7f\n"
      "6:\n"
      BLOCK(ANY_ONE)
      "bne 6b\n"
      "7:\n"
      "sub r11, r11, #4\n"
      GET("r0", TILES)
      "add r8, r0, #28\n"
      "ldm r8, {r3-r6}\n" /* output, second, out_c, columns */
      "add r7, r3, #4\n"
      "str r7, [r8]\n"
      "8:\n" /* without a second row the first is written over it */
      "ldr r1, [r11, #16]\n"
      "ldr r2, [r11], #4\n"
      "str r1, [r3, r4]\n"
      "str r2, [r3]\n"
      "add r3, r3, r5\n"
      "subs r6, r6, #1\n"
      "bne 8b\n"
      GET("r8", WEIGHTS_END)
      "cmp r12, r8\n"
      "bne.w 1b\n"
      "add sp, #" S(TILES_FRAME) "\n"
      "pop {r4-r11, pc}\n");
}

#else
typedef int thimble_winograd_dsp_is_empty; /* ISO C wants a declaration */
#endif
