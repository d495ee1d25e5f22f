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
