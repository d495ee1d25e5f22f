#include "lanes.h"

/* TFLite's int8 SOFTMAX: exponentials of the differences to the largest value, their sum, and its reciprocal, in fixed
 * point. The exponentials of differences 0 to -255 are a table, Q0.31; 0 where TFLite leaves a difference out. */

/* floor((a b + 2^30) / 2^31), from the product's two words. */
static int32_t fixed_mul(int32_t a, int32_t b) {
  const uint32_t low = (uint32_t)a * (uint32_t)b;
#if defined(__thumb__) && !defined(__thumb2__)
  const int32_t a_high = a >> 16, b_high = b >> 16;
  const uint32_t a_low = (uint16_t)a, b_low = (uint16_t)b;
  const int32_t cross = a_high * (int32_t)b_low + (int32_t)((a_low * b_low) >> 16);
  const int32_t cross2 = (int32_t)a_low * b_high + (int32_t)(uint16_t)cross;
  const int32_t high = a_high * b_high + (cross >> 16) + (cross2 >> 16);
#else
  const int32_t high = (int32_t)((int64_t)a * b >> 32);
#endif
  return (int32_t)((uint32_t)high << 1 | low >> 31) + (int32_t)(low >> 30 & 1u);
}

/* x / 2^exponent to nearest, ties away from zero; x >= 0, exponent at least 1; 0 where it is above 31. */
static int32_t divided(int32_t x, uint32_t exponent) {
  return exponent > 31 ? 0 : (int32_t)(((uint32_t)x + (1u << (exponent - 1))) >> exponent);
}

static uint32_t leading_zeros(uint32_t x) {
  uint32_t zeros = 0;
  for (uint32_t step = 16; step != 0; step /= 2) {
    if (x >> (32 - step) == 0) zeros += step, x <<= step;
  }
  return zeros;
}

/* 1 / (1 + a) for a in [0, 1), Q0.31, by three Newton-Raphson steps in Q2.29; nothing saturates on the way. */
static int32_t one_over_one_plus(int32_t a) {
  const int32_t half_denominator = (int32_t)(((uint32_t)a + 0x80000000u) >> 1);
  int32_t x = 1515870810 + fixed_mul(half_denominator, -1010580540); /* 48/17 - 32/17 h */
  for (uint32_t step = 0; step < 3; ++step)
    x = (int32_t)((uint32_t)x + ((uint32_t)fixed_mul(x, (1 << 29) - fixed_mul(half_denominator, x)) << 2));
  return x >= 1 << 30 ? INT32_MAX : x * 2;
}

static void softmax_pixel(const int8_t* x, const int32_t* exponentials, uint32_t count, int8_t* y) {
  int32_t largest = -128;
  uint32_t sum = 0; /* Q12.19 */
  for (uint32_t i = 0; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  for (uint32_t i = 0; i < count; ++i) sum += (uint32_t)divided(exponentials[largest - x[i]], 12);
  const uint32_t headroom = leading_zeros(sum);
  const int32_t reciprocal = one_over_one_plus((int32_t)((sum << headroom) - 0x80000000u));
  for (uint32_t i = 0; i < count; ++i)
    y[i] = thimble_saturate_s8(divided(fixed_mul(reciprocal, exponentials[largest - x[i]]), 35 - headroom) - 128);
}

void thimble_softmax_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t pixels = call->count * layer->out_w, channels = layer->out_c;
  const int8_t* x = thimble_row(&call->input, (int32_t)call->first);
  int8_t* y = call->output;
  for (uint32_t i = 0; i < pixels; ++i, x += channels, y += channels)
    softmax_pixel(x, (const int32_t*)(const void*)layer->weights, channels, y);
}
