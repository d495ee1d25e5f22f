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

/* Up to 16 channels of one output pixel, from channel `c` on. */
static void sum_window(const thimble_layer* layer, const int8_t* const* rows, thimble_span columns, uint32_t c,
                       uint32_t channels, int32_t* sums) {
  for (uint32_t i = 0; i < channels; ++i) sums[i] = 0;
  const uint32_t width = columns.last - columns.first, row_bytes = (uint32_t)layer->in_w * layer->in_c;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    const int8_t* const x = rows[ky] + columns.first * layer->in_c + c;
    uint32_t pixels = width;
    /* Whole rows side by side are one long row. */
    for (; width == layer->in_w && ky + 1u < layer->kernel_h && rows[ky + 1] == rows[ky] + row_bytes; ++ky)
      pixels += width;
    thimble_add_columns(x, layer->in_c, pixels, channels, sums);
  }
}

/* The channels of an output pixel that are summed sixteen at a time: their sums fit halfwords, and their rows lie one
 * after the other. With n = count, the result is floor(sum / n + 1/2), one less for ties below zero: sum * 2^12 / n to
 * the nearest, by a multiplier above 2^30 / n, is right for ties and off by at most 1 elsewhere, where the distance to
 * one is 2^11 / n or more. */
static uint32_t reduce_blocks(const thimble_call* call, const int8_t* const* rows, thimble_span columns,
                              uint32_t present, int8_t* y) {
#if THIMBLE_DSP
  const thimble_layer* const layer = call->layer;
  const uint32_t width = columns.last - columns.first, in_c = layer->in_c, row_bytes = layer->in_w * in_c;
  if (in_c % 4u != 0 || in_c < THIMBLE_SUM_CHANNELS || present * width > 256 || call->input.ring_rows != 0) return 0;
  while (*rows == NULL) ++rows;
  thimble_columns sums;
  sums.x = *rows + columns.first * in_c, sums.step = in_c;
  sums.pixels = width, sums.runs = present, sums.skip = row_bytes - width * in_c;
  if (width == layer->in_w) sums.pixels *= present, sums.runs = 1;
  sums.start = 0;
  sums.blocks = in_c / THIMBLE_SUM_CHANNELS;
  sums.y = y;
  sums.multiplier = (int32_t)(divide(1u << 30, present * width) + 1);
  sums.addend = 1 << 11;
  sums.left = 14, sums.right = 12;
  thimble_reduce_columns(&sums);
  return in_c & ~(THIMBLE_SUM_CHANNELS - 1);
#else
  (void)call, (void)rows, (void)columns, (void)present, (void)y;
  return 0;
#endif
}

static void pool_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  uint32_t present = 0;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) present += rows[ky] != NULL;
  for (uint32_t x = 0; x < layer->out_w; ++x) {
    const thimble_span columns = thimble_pool_columns(layer, x);
    const uint32_t count = present * (columns.last - columns.first);
    const uint32_t reciprocal = divide(0xffffffffu, count) + 1;
    uint32_t c = count == 0 ? 0 : reduce_blocks(call, rows, columns, present, output);
    output += c;
    for (; c < layer->out_c; c += THIMBLE_SUM_CHANNELS) {
      const uint32_t left = layer->out_c - c, channels = left < THIMBLE_SUM_CHANNELS ? left : THIMBLE_SUM_CHANNELS;
      int32_t sums[THIMBLE_SUM_CHANNELS];
      sum_window(layer, rows, columns, c, channels, sums);
      for (uint32_t i = 0; i < channels; ++i) *output++ = (int8_t)mean(sums[i], count, reciprocal);
    }
  }
}

void thimble_average_pool_s8(const thimble_call* call) { thimble_each_row(call, pool_row); }
