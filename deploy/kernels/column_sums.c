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

#if THIMBLE_DSP
/* Sixteen channels of up to LANE_PIXELS pixels. Assembly knows the order of the members. */
typedef struct sixteen_columns {
  const int8_t* x;
  uint32_t step, pixels;
  int16_t sums[16]; /* of each word even bytes (two), then odd ones */
} sixteen_columns;

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

__attribute__((naked)) static void add_sixteen(sixteen_columns* columns) {
  (void)columns;
  __asm__ volatile(
      "push {r0, r4-r11, lr}\n"
      "ldm r0, {r0, r1, r2}\n"
      "movs r4, #0\n"
      "mov r5, r4\n"
      "mov r6, r4\n"
      "mov r7, r4\n"
      "mov r8, r4\n"
      "mov r9, r4\n"
      "mov r10, r4\n"
      "mov r11, r4\n"
      "lsrs r2, r2, #1\n"
      "bcc 1f\n"
      ADD_PIXEL
      "1:\n"
      "cmp r2, #0\n"
      "beq 3f\n"
      "2:\n"
      ADD_PIXEL
      ADD_PIXEL
      "subs r2, r2, #1\n"
      "bne.w 2b\n"
      "3:\n"
      "pop {r0}\n"
      "adds r0, #12\n"
      "stm r0, {r4-r11}\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

static void add_sixteens(const int8_t* x, uint32_t step, uint32_t pixels, int32_t* sums) {
  sixteen_columns columns;
  columns.x = x, columns.step = step;
  for (; pixels != 0; pixels -= columns.pixels, columns.x += columns.pixels * step) {
    columns.pixels = pixels < LANE_PIXELS ? pixels : LANE_PIXELS;
    add_sixteen(&columns);
    for (uint32_t i = 0; i < 16; i += 4) {
      sums[i] += columns.sums[i], sums[i + 1] += columns.sums[i + 2];
      sums[i + 2] += columns.sums[i + 1], sums[i + 3] += columns.sums[i + 3];
    }
  }
}
#endif

static int32_t column_sum(const int8_t* x, uint32_t step, uint32_t pixels) {
  int32_t sum = 0;
  for (; pixels != 0; --pixels, x += step) sum += *x;
  return sum;
}

void thimble_add_columns(const int8_t* x, uint32_t step, uint32_t pixels, uint32_t channels, int32_t* sums) {
  const int aligned = (((uintptr_t)x | step) & 3u) == 0;
#if THIMBLE_DSP
  if (aligned && channels == 16) {
    add_sixteens(x, step, pixels, sums);
    return;
  }
#endif
  for (; aligned && channels >= 4; channels -= 4, x += 4, sums += 4) add_quad(x, step, pixels, sums);
  for (; channels != 0; --channels) *sums++ += column_sum(x++, step, pixels);
}
