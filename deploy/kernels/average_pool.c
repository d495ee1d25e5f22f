#include "column_sums.h"
#include "pool.h"

/* What is hot is assembly. */
#if defined(__arm__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

#if defined(__thumb__) && !defined(__thumb2__)
/* Armv6-M: neither division nor a long product. */
static uint32_t divide(uint32_t a, uint32_t b) {
  uint32_t quotient = 0, rest = 0;
  for (uint32_t bit = 32; bit != 0; --bit, a <<= 1) {
    rest = rest << 1 | a >> 31;
    quotient <<= 1;
    if (rest >= b) {
      rest -= b;
      quotient |= 1;
    }
  }
  return quotient;
}
static uint32_t high_product(uint32_t a, uint32_t b) {
  const uint32_t a_low = (uint16_t)a, a_high = a >> 16, b_low = (uint16_t)b, b_high = b >> 16;
  const uint32_t cross = a_high * b_low + ((a_low * b_low) >> 16);
  const uint32_t cross2 = a_low * b_high + (uint16_t)cross;
  return a_high * b_high + (cross >> 16) + (cross2 >> 16);
}
#else
static uint32_t divide(uint32_t a, uint32_t b) { return a / b; }
static uint32_t high_product(uint32_t a, uint32_t b) { return (uint32_t)((uint64_t)a * b >> 32); }
#endif

/* sum / count rounded to nearest, ties away from zero, by the reciprocal ceil(2^32 / count): with it the quotient of
 * u < 2^32 is right or one too large. */
static int32_t mean(int32_t sum, uint32_t count, uint32_t reciprocal) {
  if (count == 1) return sum;
  const uint32_t sign = (uint32_t)(sum >> 31);
  const uint32_t u = (((uint32_t)sum ^ sign) - sign) + count / 2;
  uint32_t quotient = high_product(u, reciprocal);
  quotient -= quotient * count > u;
  return (int32_t)((quotient ^ sign) - sign);
}

uint32_t thimble_average_pool_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

/* The pixels that a window covers. */
typedef struct window {
  uint32_t first_row, rows, first_column, columns;
} window;

/* Up to 16 channels of one output pixel, from channel `c` on. */
static void sum_window(const thimble_call* call, const window* w, uint32_t c, uint32_t channels, int32_t* sums) {
  const thimble_layer* const layer = call->layer;
  uint32_t rows = w->rows, pixels = w->columns;
  for (uint32_t i = 0; i < channels; ++i) sums[i] = 0;
  if (pixels == layer->in_w && call->input.ring_rows == 0) pixels *= rows, rows = 1; /* whole rows are one long row */
  for (uint32_t y = w->first_row; rows != 0; --rows, ++y) {
    const int8_t* const x = thimble_row(&call->input, (int32_t)y) + w->first_column * layer->in_c + c;
    thimble_add_columns(x, layer->in_c, pixels, channels, sums);
  }
}

#if THIMBLE_DSP
/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* r0 x, r1 step in the low half, r4-r11 sums. 14 cycles, 40 bytes. */
#define PIXEL(add)                       \
  "ldm r0, {r2, r3, r12, lr}\n"          \
  "uxtah r0, r0, r1\n"                   \
  add("r4", "r2") add("r6", "r3")        \
  add("r8", "r12") add("r10", "lr")      \
  ODD(add, "r5", "r2") ODD(add, "r7", "r3") \
  ODD(add, "r9", "r12") ODD(add, "r11", "lr")
#define ODD(add, sum, x) add(sum, x ", ror #8")
#define SET(sum, x) "sxtb16 " sum ", " x "\n"
#define ADD(sum, x) "sxtab16 " sum ", " sum ", " x "\n"

/* r1 multiplier, r2 addend, r12 y; sums of channels 0, 2 and 1, 3. */
#define DIVIDE_FOUR(even, odd)           \
  "smlawb r3, r1, " even ", r2\n"        \
  "smlawt " even ", r1, " even ", r2\n"  \
  "smlawb lr, r1, " odd ", r2\n"         \
  "smlawt " odd ", r1, " odd ", r2\n"    \
  "pkhtb r3, " even ", r3, asr #16\n"    \
  "pkhtb lr, " odd ", lr, asr #16\n"     \
  "orr r3, r3, lr, lsl #8\n"             \
  "eor r3, r3, #0x80808080\n"            \
  "str r3, [r12], #4\n"

/* Means of blocks of 16 channels, of `more + 1` runs of `pixels` pixels, two at least and 256 in all, `step` bytes
 * apart. `back`: bytes from where the last pixel would have its next one to the next block; `skip`: from there to the
 * next run; y: a multiple of 16 bytes. */
static __attribute__((naked, noinline)) void divide_blocks(const int8_t* x, uint32_t step, uint32_t pixels,
                                                           uint32_t more, int32_t multiplier, int32_t addend,
                                                           uint32_t back, int8_t* y, int8_t* end, uint32_t skip) {
  (void)x, (void)step, (void)pixels, (void)more, (void)multiplier, (void)addend, (void)back, (void)y, (void)end;
  (void)skip;
  /* sp: of the first run how often the loop goes on, with the step, and where it is entered; of the others; runs left,
   * runs; r4-r11, lr; multiplier and so on. */
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #24\n"
      "str r3, [sp, #16]\n"
      "str r3, [sp, #20]\n"
      "adr r7, 3f\n"
      "adds r7, #1\n"
      "movs r3, #40\n"
      "subs r6, r2, #1\n"
      "subs r4, r2, #2\n"
      "rsb r5, r6, #0\n"
      "rsb r2, r2, #0\n"
      "and r5, r5, #7\n"
      "and r2, r2, #7\n"
      "lsrs r4, r4, #3\n"
      "lsrs r6, r6, #3\n"
      "mla r5, r5, r3, r7\n"
      "mla r7, r2, r3, r7\n"
      "pkhbt r4, r1, r4, lsl #16\n"
      "pkhbt r6, r1, r6, lsl #16\n"
      "stm sp, {r4-r7}\n"
      "1:\n"  /* a block */
      "ldr r1, [sp]\n"
      PIXEL(SET)
      "ldr pc, [sp, #4]\n"
      "2:\n"  /* a run */
      "str r2, [sp, #16]\n"
      "ldr r3, [sp, #80]\n"
      "ldr r1, [sp, #8]\n"
      "add r0, r0, r3\n"
      "ldr pc, [sp, #12]\n"
      ".balign 4\n"
      "3:\n"
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      PIXEL(ADD)
      "subs r1, r1, #0x10000\n"
      "bpl.w 3b\n"
      "ldr r2, [sp, #16]\n"
      "subs r2, r2, #1\n"
      "bpl.w 2b\n"
      "ldr r1, [sp, #60]\n"
      "ldr r2, [sp, #64]\n"
      "ldr r12, [sp, #72]\n"
      DIVIDE_FOUR("r4", "r5")
      DIVIDE_FOUR("r6", "r7")
      DIVIDE_FOUR("r8", "r9")
      DIVIDE_FOUR("r10", "r11")
      "ldr r1, [sp, #76]\n"
      "ldr r2, [sp, #68]\n"
      "ldr r3, [sp, #20]\n"
      "str r12, [sp, #72]\n"
      "str r3, [sp, #16]\n"
      "add r0, r0, r2\n"
      "cmp r12, r1\n"
      "bne.w 1b\n"
      "add sp, #24\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */
#endif

/* The channels of an output pixel that are summed sixteen at a time: their sums fit halfwords. With n pixels, a mean is
 * floor(128 + sum / n + 1/2) - 128 but for ties below zero, which go down. sum * 2^16 / n, by a multiplier above
 * 2^32 / n, is a little farther from zero than it should: less than two where the distance from one tie to what is not
 * one is 2^15 / n or more, and enough for every tie to go away from zero. */
static uint32_t pool_blocks(const thimble_call* call, const window* w, int8_t* y) {
#if THIMBLE_DSP
  const thimble_layer* const layer = call->layer;
  const uint32_t in_c = layer->in_c, count = w->rows * w->columns, bytes = in_c & ~(THIMBLE_SUM_CHANNELS - 1);
  const int8_t* const x = call->input.input + w->first_row * call->input.row_bytes + w->first_column * in_c;
  uint32_t step = in_c, pixels = w->columns, runs = w->rows;
  if (in_c % 4u != 0 || bytes == 0 || count < 3 || count > 256 || call->input.ring_rows != 0) return 0;
  if (pixels == layer->in_w) pixels = count, runs = 1;
  if (pixels == 1) step = call->input.row_bytes, pixels = runs, runs = 1;
  if (step > 0xffff) return 0;
  const uint32_t skip = call->input.row_bytes - pixels * step;
  divide_blocks(x, step, pixels, runs - 1, (int32_t)(0xffffffffu / count + 2), 257 << 15,
                THIMBLE_SUM_CHANNELS - pixels * step - (runs - 1) * call->input.row_bytes, y, y + bytes, skip);
  return bytes;
#else
  (void)call, (void)w, (void)y;
  return 0;
#endif
}

static void pool_pixel(const thimble_call* call, const window* w, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t count = w->rows * w->columns;
  uint32_t c = pool_blocks(call, w, output);
  if (c == layer->out_c) return;
  const uint32_t reciprocal = divide(0xffffffffu, count != 0 ? count : 1) + 1;
  for (output += c; c < layer->out_c; c += THIMBLE_SUM_CHANNELS) {
    const uint32_t left = layer->out_c - c, channels = left < THIMBLE_SUM_CHANNELS ? left : THIMBLE_SUM_CHANNELS;
    int32_t sums[THIMBLE_SUM_CHANNELS];
    sum_window(call, w, c, channels, sums);
    for (uint32_t i = 0; i < channels; ++i) *output++ = (int8_t)mean(sums[i], count, reciprocal);
  }
}

/* What lies on the input of `size` inputs from `from` on; returns the first. */
static uint32_t clip(int32_t from, uint32_t size, uint32_t inputs, uint32_t* count) {
  const int32_t first = from < 0 ? 0 : from, end = from + (int32_t)size,
                last = end < (int32_t)inputs ? end : (int32_t)inputs;
  *count = last > first ? (uint32_t)(last - first) : 0;
  return (uint32_t)first;
}

void thimble_average_pool_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  int8_t* output = call->output;
  int32_t top = (int32_t)(call->first * layer->stride_h) - layer->pad_top;
  window w;
  for (uint32_t left = call->count; left != 0; --left, top += layer->stride_h) {
    int32_t from = -(int32_t)layer->pad_left;
    w.first_row = clip(top, layer->kernel_h, layer->in_h, &w.rows);
    for (uint32_t x = 0; x < layer->out_w; ++x, from += layer->stride_w, output += layer->out_c) {
      w.first_column = clip(from, layer->kernel_w, layer->in_w, &w.columns);
      pool_pixel(call, &w, output);
    }
  }
}
