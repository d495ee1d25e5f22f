/* What the kernels share: words over bytes, and the exact requantisation of one accumulator. */
#ifndef THIMBLE_LANES_H
#define THIMBLE_LANES_H

#include "rows.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#define THIMBLE_DSP 1
#else
#define THIMBLE_DSP 0
#endif

/* No call of memcpy or memset may come out of our own loops. */
#if defined(__arm__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#if defined(__thumb__) && !defined(__thumb2__)
/* GCC 12 with -Os: callers count on r1 to r3, which a callee's epilogue overwrites as it drops its frame. */
#pragma GCC optimize("no-ipa-ra")
#endif
#endif

/* Tensors are bytes, read four at a time. */
typedef uint32_t __attribute__((may_alias)) thimble_word;
typedef uint32_t __attribute__((may_alias, aligned(1))) thimble_unaligned_word;

/* The tail of a packed block: four of these. `shifts`: byte 0 the right shift, byte 1 the left shift + 1, byte 2 is 31,
 * or 32 where the right shift is 0 (then no tie is nudged). */
typedef struct thimble_channel {
  int32_t multiplier;
  uint32_t shifts;
} thimble_channel;

/* Bytes 0 and 2 of a word, sign-extended into halfwords; with rotate 8, bytes 1 and 3. */
static inline uint32_t thimble_even_bytes(uint32_t word) {
#if THIMBLE_DSP
  uint32_t result;
  __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
  return result;
#else
  return ((uint32_t)(int8_t)word & 0xffffu) | ((uint32_t)(int8_t)(word >> 16) << 16);
#endif
}
static inline uint32_t thimble_odd_bytes(uint32_t word) {
#if THIMBLE_DSP
  uint32_t result;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
  return result;
#else
  return thimble_even_bytes(word >> 8);
#endif
}

/* Adds them to the halfwords of `sum`, which wrap. */
static inline uint32_t thimble_add_even_bytes(uint32_t sum, uint32_t word) {
#if THIMBLE_DSP
  __asm__("sxtab16 %0, %0, %1" : "+r"(sum) : "r"(word));
  return sum;
#else
  const uint32_t even = thimble_even_bytes(word);
  return ((sum + even) & 0xffffu) | ((sum & 0xffff0000u) + (even & 0xffff0000u));
#endif
}
static inline uint32_t thimble_add_odd_bytes(uint32_t sum, uint32_t word) {
#if THIMBLE_DSP
  __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sum) : "r"(word));
  return sum;
#else
  return thimble_add_even_bytes(sum, word >> 8);
#endif
}

static inline int8_t thimble_saturate_s8(int32_t x) {
#if THIMBLE_DSP
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
  return (int8_t)result;
#else
  x = x < -128 ? -128 : x;
  return (int8_t)(x > 127 ? 127 : x);
#endif
}

/* floor((a * b + 2^31) / 2^32) + c: what SMMLAR computes. */
static inline int32_t thimble_high_mul_add(int32_t a, int32_t b, int32_t c) {
#if THIMBLE_DSP
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(c));
  return result;
#elif defined(__thumb__) && !defined(__thumb2__)
  /* Armv6-M has no long multiply: four products of halfwords. */
  const int32_t a_high = a >> 16, b_high = b >> 16;
  const uint32_t a_low = (uint16_t)a, b_low = (uint16_t)b;
  const int32_t cross = a_high * (int32_t)b_low + (int32_t)((a_low * b_low) >> 16);
  const int32_t cross2 = (int32_t)a_low * b_high + (int32_t)(uint16_t)cross;
  const int32_t high = a_high * b_high + (cross >> 16) + (cross2 >> 16);
  return high + (int32_t)((uint32_t)(uint16_t)cross2 >> 15) + c;
#else
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32) + c;
#endif
}

/* floor(a * b / 2^32) */
static inline int32_t thimble_high_mul(int32_t a, int32_t b) {
#if defined(__thumb__) && !defined(__thumb2__)
  const int32_t a_high = a >> 16, b_high = b >> 16;
  const uint32_t a_low = (uint16_t)a, b_low = (uint16_t)b;
  const int32_t cross = a_high * (int32_t)b_low + (int32_t)((a_low * b_low) >> 16);
  const int32_t cross2 = (int32_t)a_low * b_high + (int32_t)(uint16_t)cross;
  return a_high * b_high + (cross >> 16) + (cross2 >> 16);
#else
  return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* A channel made ready for requantising many accumulators. */
typedef struct thimble_scale {
  int32_t multiplier, addend;
  uint32_t left, right, nudge;
} thimble_scale;

/* TFLite's MultiplyByQuantizedMultiplier plus the zero point z, before the clamp; |x << left shift| < 2^30.
 *
 * SRDHM(x, m) = floor((x m + 2^30) / 2^31), the same as SMMULR(2x, m). The rounding right shift by n >= 1 is
 * floor((s + 2^(n-1) - [s < 0]) / 2^n), and [x < 0] may stand for [s < 0]: they differ only at x = -1, m = 2^30, where
 * both give 0. Rounding and zero point are one addend, z 2^n + 2^(n-1) = ((2z + 1) << n) >> 1, for n = 0 too. With
 * `relu` the clamp to at least z hides the nudge of negative ties. zero2: 2z + 1. */
static inline thimble_scale thimble_scale_of(const thimble_channel* channel, int32_t zero2, uint32_t relu) {
  const uint32_t shifts = channel->shifts, right = shifts & 0xffu;
  const thimble_scale scale = {channel->multiplier, (int32_t)((uint32_t)zero2 << (right & 31u)) >> 1,
                               (shifts >> 8) & 0xffu, right, (shifts >> 16) | relu << 5};
  return scale;
}

static inline int32_t thimble_requantise(int32_t x, const thimble_scale* scale) {
#if THIMBLE_DSP
  int32_t nudge, doubled, result;
  __asm__("lsr %0, %1, %2" : "=r"(nudge) : "r"(x), "r"(scale->nudge)); /* a shift by 32 or more gives 0 */
  __asm__("lsl %0, %1, %2" : "=r"(doubled) : "r"(x), "r"(scale->left));
  result = thimble_high_mul_add(doubled, scale->multiplier, scale->addend - nudge);
  __asm__("asr %0, %0, %1" : "+r"(result) : "r"(scale->right));
  return result;
#else
  const int32_t nudge = (int32_t)(((uint32_t)x >> 31) & ~(scale->nudge >> 5));
  const int32_t doubled = (int32_t)((uint32_t)x << (scale->left & 31u));
  return thimble_high_mul_add(doubled, scale->multiplier, scale->addend - nudge) >> (scale->right & 31u);
#endif
}

/* Bytes from a to b, and a byte repeated; `count` may be 0. */
void thimble_copy(int8_t* to, const int8_t* from, uint32_t count);
void thimble_fill(int8_t* to, int8_t value, uint32_t count);

static inline uint32_t thimble_round_up(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1u) & ~(multiple - 1u);
}

#endif
