/* Convolutions with the vector extension of Armv8.1-M (MVE, Helium); their twins in C read the same packed weights.
 *
 * Products are VMLADAVA.S8: sixteen of them, summed into a general register. So whatever is summed over lies in
 * consecutive bytes: the inputs of a window, or of one channel's window where channels do not mix.
 *
 * Weights are packed per block of four output channels A, B, C, D, the last one filled up with zeros:
 *   per vector of sixteen taps: sixteen of A, of B, of C, of D         zeros after the last tap
 *   int32 bias[4]                                                      the input's zero point folded in
 *   int32 multiplier[4], shift[4]                                      TFLite's; a right shift is negative
 *
 * The result of an accumulator x is TFLite's own sequence, in vectors of four channels: SRDHM(x, m) is VQRDMULH, whose
 * floor((2 x m + 2^31) / 2^32) saturates where x = m = -2^31 as TFLite's does. The rounding right shift is VRSHL, but
 * for the negative ties, which go away from zero: so one is subtracted from negative values first. `relu`: the clamp
 * hides that, it is left out. `wide`: some channel has a left shift, which comes before the multiplication, or no
 * shift, where nothing may be subtracted.
 */
#ifndef THIMBLE_MVE_H
#define THIMBLE_MVE_H

#include "lanes.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define THIMBLE_MVE 1
#else
#define THIMBLE_MVE 0
#endif

/* Words of a block's biases, multipliers and shifts. */
#define THIMBLE_MVE_BLOCK_TAIL 12

typedef enum thimble_mve_rounding {
  THIMBLE_MVE_RELU = 0,
  THIMBLE_MVE_NUDGED = 1,
  THIMBLE_MVE_WIDE = 2,
} thimble_mve_rounding;

static inline thimble_mve_rounding thimble_mve_rounding_of(const thimble_layer* layer) {
  return layer->wide ? THIMBLE_MVE_WIDE : layer->relu ? THIMBLE_MVE_RELU : THIMBLE_MVE_NUDGED;
}

/* Vectors of sixteen for `count` taps. */
static inline uint32_t thimble_mve_vectors(uint32_t count) { return (count + 15) / 16; }

/* Output channels of one or two pixels. Assembly knows the order of the members. */
typedef struct thimble_mve_gemm {
  const uint32_t* weights;
  const int8_t* pixels[2]; /* [16 * vectors], at multiples of 4; what lies after the last input does not matter */
  uint32_t vectors;
  int8_t* output; /* the second pixel's follows at output + out_c */
  uint32_t out_c;
  int32_t output_zero;
  thimble_mve_rounding rounding;
} thimble_mve_gemm;

void thimble_mve_gemm_one(const thimble_mve_gemm* gemm);
void thimble_mve_gemm_two(const thimble_mve_gemm* gemm);

#if THIMBLE_MVE

/* Rounding right shift of a vector of SRDHM's results `x` by `shift`, which is negative; `t` is free. */
#define THIMBLE_MVE_SHIFT_RELU(x, t, shift) "vrshl.s32 " x ", " x ", " shift "\n"
#define THIMBLE_MVE_SHIFT_NUDGED(x, t, shift) \
  "vshr.s32 " t ", " x                        \
  ", #31\n"                                   \
  "vadd.i32 " x ", " x ", " t                 \
  "\n"                                        \
  "vrshl.s32 " x ", " x ", " shift "\n"
/* The same where `shift` may be 0; it is no longer positive. */
#define THIMBLE_MVE_SHIFT_WIDE(x, t, shift) \
  "vand " t ", " x ", " shift               \
  "\n"                                      \
  "vshr.s32 " t ", " t                      \
  ", #31\n"                                 \
  "vadd.i32 " x ", " x ", " t               \
  "\n"                                      \
  "vrshl.s32 " x ", " x ", " shift "\n"
/* To the nearest int8, in the lowest byte of each lane. */
#define THIMBLE_MVE_NARROW(x) \
  "vqmovnb.s32 " x ", " x     \
  "\n"                        \
  "vqmovnb.s16 " x ", " x "\n"

#else

/* The result of one accumulator; `tail`: biases, multipliers and shifts of its block, whose channel `lane` it is. */
int8_t thimble_mve_result(int32_t sum, const uint32_t* tail, uint32_t lane, int32_t output_zero,
                          thimble_mve_rounding rounding);

#endif
#endif
