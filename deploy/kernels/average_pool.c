#include "pool.h"

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

static int32_t window_sum(const thimble_layer* layer, const int8_t* const* rows, thimble_span columns, uint32_t c) {
  int32_t sum = 0;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    const int8_t* x = rows[ky] + columns.first * layer->in_c + c;
    for (uint32_t i = columns.first; i < columns.last; ++i, x += layer->in_c) sum += *x;
  }
  return sum;
}

static uint32_t rows_present(const thimble_layer* layer, const int8_t* const* rows) {
  uint32_t present = 0;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) present += rows[ky] != NULL;
  return present;
}

/* One output pixel. */
typedef struct window {
  thimble_span columns;
  uint32_t count, reciprocal;
} window;

/* Four channels at a time: sums of up to 256 bytes fit halfwords. in_c is a multiple of 4. */
static void pool_quads(const thimble_layer* layer, const int8_t* const* rows, const window* w, int8_t* output) {
  const uint32_t step = layer->in_c / 4u;
  for (uint32_t c = 0; c < layer->out_c; c += 4, output += 4) {
    uint32_t even = 0, odd = 0;
    for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
      if (rows[ky] == NULL) continue;
      const thimble_word* x = (const thimble_word*)(rows[ky] + w->columns.first * layer->in_c + c);
      for (uint32_t left = w->columns.last - w->columns.first; left != 0; --left, x += step) {
        const uint32_t word = *x;
        even = thimble_add_even_bytes(even, word);
        odd = thimble_add_odd_bytes(odd, word);
      }
    }
    output[0] = (int8_t)mean((int16_t)even, w->count, w->reciprocal);
    output[1] = (int8_t)mean((int16_t)odd, w->count, w->reciprocal);
    output[2] = (int8_t)mean((int32_t)even >> 16, w->count, w->reciprocal);
    output[3] = (int8_t)mean((int32_t)odd >> 16, w->count, w->reciprocal);
  }
}

static void pool_single(const thimble_layer* layer, const int8_t* const* rows, const window* w, int8_t* output) {
  for (uint32_t c = 0; c < layer->out_c; ++c)
    output[c] = (int8_t)mean(window_sum(layer, rows, w->columns, c), w->count, w->reciprocal);
}

uint32_t thimble_average_pool_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

static void pool_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t present = rows_present(layer, rows);
  for (uint32_t x = 0; x < layer->out_w; ++x, output += layer->out_c) {
    window w = {thimble_pool_columns(layer, x), 0, 0};
    w.count = present * (w.columns.last - w.columns.first);
    w.reciprocal = divide(0xffffffffu, w.count) + 1;
    if (layer->in_c % 4 == 0 && w.count <= 256) {
      pool_quads(layer, rows, &w, output);
    } else {
      pool_single(layer, rows, &w, output);
    }
  }
}

void thimble_average_pool_s8(const thimble_call* call) { thimble_each_row(call, pool_row); }
