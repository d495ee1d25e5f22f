/* The packed parameters of mul.
 *
 * Where one pixel multiplies all others, each channel's results are a function of one input, and the short form is
 * sat8((alpha (a - z1) / 2^8 + gamma) >> THIMBLE_MUL_SHIFT) with alpha the product of b - z2 and the output's factor;
 * quotients are rounded down, that of z1 by itself. The packer finds constants that give TFLite's result for all 65536
 * pairs; where there are none (products of both signs, whose ties go away from zero) the layer is `wide`. */
#ifndef THIMBLE_MUL_H
#define THIMBLE_MUL_H

#include "elementwise.h"

#define THIMBLE_MUL_SHIFT 21

typedef struct thimble_mul {
  int32_t input2_zero;
  thimble_channel output; /* of products in [-65025, 65025] */
  int32_t multiplier;     /* of the short form: alpha is (b - z2) 2^shift multiplier / 2^32, rounded */
  uint32_t shift;
  int32_t gamma;
} thimble_mul;

#define THIMBLE_MUL_WORDS 6u

/* Of the short form. `b`: less its zero point. */
static inline int32_t thimble_mul_alpha(int32_t b, int32_t multiplier, uint32_t shift) {
  return thimble_high_mul_add((int32_t)((uint32_t)b << (shift & 31u)), multiplier, 0);
}
static inline int32_t thimble_mul_start(int32_t alpha, int32_t zero1, int32_t gamma) {
  return gamma - thimble_scaled_by(alpha, zero1);
}

#endif
