/* The twin of gemm_dsp.c for cores without the DSP extension, and for the host. */
#include "gemm.h"

#if !THIMBLE_DSP

static int32_t low(uint32_t lanes) { return (int16_t)lanes; }
static int32_t high(uint32_t lanes) { return (int16_t)(lanes >> 16); }

static int is_wide(const thimble_gemm* gemm) { return gemm->mode >= THIMBLE_GEMM_WIDE; }

/* Channel `index` of a block, its constants after the weights. */
static int8_t requantised(const thimble_gemm* gemm, int32_t sum, const uint32_t* constants, uint32_t index) {
  const uint32_t even = index % 2u == 0;
  const int wide = is_wide(gemm);
  constants += (even ? (wide ? 4 : thimble_gemm_constants(gemm->mode) / 2) : 0) + index / 2;
  const int32_t multiplier = (int32_t)constants[0];
  if (wide) {
    const thimble_channel channel = {multiplier, constants[2]};
    const thimble_scale scale = thimble_scale_of(&channel, gemm->zero2, 0);
    return thimble_saturate_s8(thimble_requantise(sum, &scale));
  }
  const int32_t scaled = (int32_t)((uint32_t)sum << 8);
  if (gemm->mode == THIMBLE_GEMM_ANY) {
    const int32_t addend = (int32_t)constants[sum < 0 ? 4 : 2];
    return thimble_saturate_s8((thimble_high_mul(scaled, multiplier) + addend) >> THIMBLE_GEMM_SHIFT_ANY);
  }
  const int32_t product = thimble_high_mul(even ? sum : scaled, multiplier) + (int32_t)constants[2];
  return thimble_saturate_s8(product >> (even ? THIMBLE_GEMM_SHIFT_RELU_EVEN : THIMBLE_GEMM_SHIFT_RELU));
}

/* The odd channel's weights: those of an even one that is below zero are taken from them, but where they are bytes. */
static int32_t odd_weight(const thimble_gemm* gemm, int32_t both, int32_t even) {
  return (is_wide(gemm) ? both : both - even) >> 8;
}

/* One block of four channels of one pixel, whose words are `pixels` apart. */
static void block(const thimble_gemm* gemm, const uint32_t* weights, const thimble_word* input, uint32_t pixels,
                  int8_t* output) {
  int32_t b0 = (int32_t)weights[2], b2 = (int32_t)weights[3];
  int32_t a1 = (int32_t)(weights[0] - weights[2]) >> 8, a3 = (int32_t)(weights[1] - weights[3]) >> 8;
  if (is_wide(gemm)) a1 = (int32_t)weights[0], a3 = (int32_t)weights[1];
  weights += 4;
  for (uint32_t left = gemm->steps; left != 0; --left, input += pixels, weights += 2) {
    const int32_t x0 = low(*input), x1 = high(*input);
    const int32_t w0 = (int8_t)weights[0], w1 = (int8_t)(weights[0] >> 16);
    const int32_t w2 = (int8_t)weights[1], w3 = (int8_t)(weights[1] >> 16);
    b0 += x0 * w0 + x1 * w1;
    b2 += x0 * w2 + x1 * w3;
    a1 += x0 * odd_weight(gemm, low(weights[0]), w0) + x1 * odd_weight(gemm, high(weights[0]), w1);
    a3 += x0 * odd_weight(gemm, low(weights[1]), w2) + x1 * odd_weight(gemm, high(weights[1]), w3);
  }
  output[0] = requantised(gemm, b0, weights, 0);
  output[1] = requantised(gemm, a1, weights, 1);
  output[2] = requantised(gemm, b2, weights, 2);
  output[3] = requantised(gemm, a3, weights, 3);
}

static void all_blocks(const thimble_gemm* gemm, const thimble_word* column, int8_t* output, uint32_t pixels) {
  const uint32_t* weights = gemm->weights;
  const uint32_t words = 4 + 2 * gemm->steps + thimble_gemm_constants(gemm->mode);
  for (uint32_t left = gemm->blocks; left != 0; --left, weights += words, output += 4) {
    for (uint32_t pixel = 0; pixel < pixels; ++pixel)
      block(gemm, weights, column + pixel, pixels, output + (int32_t)(pixel * gemm->distance));
  }
}

void thimble_gemm_one(const thimble_gemm* gemm) { all_blocks(gemm, gemm->column, gemm->output, 1); }

static void gather(const thimble_gemm* gemm, uint32_t offset, uint32_t pixel) {
  thimble_cursor cursor = {gemm->column + pixel, (int16_t __attribute__((may_alias))*)(gemm->tail + pixel), 2};
  for (uint32_t i = 0; i < gemm->kernel_h; ++i) {
    const int8_t* const row = gemm->rows[i];
    thimble_put_segment(&cursor, row == NULL ? NULL : row + offset, gemm->fours + gemm->rest, (int16_t)gemm->zero);
  }
}

void thimble_gemm_two(const thimble_gemm* gemm) {
  const thimble_word* column = gemm->column;
  int8_t* output = gemm->output;
  uint32_t offset = gemm->offset;
  for (uint32_t left = gemm->pairs; left != 0; --left, output += 2 * (int32_t)gemm->distance) {
    if (gemm->rows != NULL) {
      gather(gemm, offset, 0);
      gather(gemm, offset + gemm->next, 1);
      thimble_gemm_double(gemm->column, 2 * gemm->steps, gemm->doublings);
      offset += 2 * gemm->next;
    } else {
      column += (int32_t)gemm->offset / 4;
      output += (int32_t)gemm->next;
    }
    all_blocks(gemm, column, output, 2);
  }
}

#else
typedef int thimble_gemm_scalar_is_empty; /* ISO C wants a declaration */
#endif
