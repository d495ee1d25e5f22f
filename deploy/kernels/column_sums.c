#include "column_sums.h"

/* Sums of up to 256 bytes fit halfwords. */
enum { LANE_PIXELS = 256 };

/* Four channels. */
static void add_quad(const int8_t* x, uint32_t step, uint32_t pixels, int32_t* sums) {
  while (pixels != 0) {
    const uint32_t now = pixels < LANE_PIXELS ? pixels : LANE_PIXELS;
    uint32_t even = 0, odd = 0;
    for (uint32_t left = now; left != 0; --left, x += step) {
      const uint32_t word = *(const thimble_word*)x;
      even = thimble_add_even_bytes(even, word);
      odd = thimble_add_odd_bytes(odd, word);
    }
    sums[0] += (int16_t)even, sums[2] += (int32_t)even >> 16;
    sums[1] += (int16_t)odd, sums[3] += (int32_t)odd >> 16;
    pixels -= now;
  }
}

static int32_t column_sum(const int8_t* x, uint32_t step, uint32_t pixels) {
  int32_t sum = 0;
  for (; pixels != 0; --pixels, x += step) sum += *x;
  return sum;
}

void thimble_add_columns(const int8_t* x, uint32_t step, uint32_t pixels, uint32_t channels, int32_t* sums) {
  const int aligned = (((uintptr_t)x | step) & 3u) == 0;
  for (; aligned && channels >= 4; channels -= 4, x += 4, sums += 4) add_quad(x, step, pixels, sums);
  for (; channels != 0; --channels) *sums++ += column_sum(x++, step, pixels);
}

#if THIMBLE_DSP
/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* r0 x, r1 step, r2 pixels, r4-r11 sums. 15 cycles. */
#define ADD_PIXEL                    \
  "ldr r3, [r0]\n"                   \
  "ldr r12, [r0, #4]\n"              \
  "ldr lr, [r0, #8]\n"               \
  "sxtab16 r4, r4, r3\n"             \
  "sxtab16 r5, r5, r3, ror #8\n"     \
  "ldr r3, [r0, #12]\n"              \
  "add r0, r0, r1\n"                 \
  "sxtab16 r6, r6, r12\n"            \
  "sxtab16 r7, r7, r12, ror #8\n"    \
  "sxtab16 r8, r8, lr\n"             \
  "sxtab16 r9, r9, lr, ror #8\n"     \
  "sxtab16 r10, r10, r3\n"           \
  "sxtab16 r11, r11, r3, ror #8\n"

/* r8 multiplier, r9 addend, r10, r11 shifts, lr output. */
#define FINISH(x)                    \
  "add r6, r9, " x ", asr #31\n"     \
  "lsl " x ", " x ", r10\n"          \
  "smmlar " x ", " x ", r8, r6\n"    \
  "asr " x ", " x ", r11\n"          \
  "ssat " x ", #8, " x "\n"          \
  "strb " x ", [lr], #1\n"

__attribute__((naked)) void thimble_reduce_columns(thimble_columns* columns) {
  (void)columns;
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #44\n"
      "str r0, [sp, #32]\n"
      "mov r12, r0\n"
      "1:\n"
      "ldm r12, {r0-r3}\n"
      "ldr r4, [r12, #20]\n"
      "str r3, [sp, #36]\n"
      "mov r5, r4\n"
      "mov r6, r4\n"
      "mov r7, r4\n"
      "mov r8, r4\n"
      "mov r9, r4\n"
      "mov r10, r4\n"
      "mov r11, r4\n"
      "2:\n"  /* a run */
      "lsrs r2, r2, #1\n"
      "bcc 3f\n"
      ADD_PIXEL
      "3:\n"
      "cmp r2, #0\n"
      "beq 5f\n"
      "4:\n"
      ADD_PIXEL
      ADD_PIXEL
      "subs r2, r2, #1\n"
      "bne.w 4b\n"
      "5:\n"
      "ldr r3, [sp, #36]\n"
      "ldr r12, [sp, #32]\n"
      "subs r3, r3, #1\n"
      "beq 6f\n"
      "str r3, [sp, #36]\n"
      "ldr r2, [r12, #8]\n"
      "ldr r3, [r12, #16]\n"
      "add r0, r0, r3\n"
      "b 2b\n"
      "6:\n"
      "stm sp, {r4-r11}\n"
      "ldr r0, [r12]\n"
      "ldr lr, [r12, #28]\n"
      "adds r0, #16\n"
      "str r0, [r12], #32\n"
      "ldm r12, {r8-r11}\n"
      "mov r12, sp\n"
      "7:\n"  /* four channels */
      "ldrd r4, r5, [r12], #8\n"
      "sxth r0, r4\n"
      "sxth r1, r5\n"
      "asrs r2, r4, #16\n"
      "asrs r3, r5, #16\n"
      FINISH("r0")
      FINISH("r1")
      FINISH("r2")
      FINISH("r3")
      "sub r6, sp, r12\n"
      "adds r6, #32\n"
      "bne 7b\n"
      "ldr r12, [sp, #32]\n"
      "ldr r6, [r12, #24]\n"
      "str lr, [r12, #28]\n"
      "subs r6, r6, #1\n"
      "str r6, [r12, #24]\n"
      "bne.w 1b\n"
      "add sp, #44\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */
#endif
