/* 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3): 16 products give the four outputs of a 2x2 tile, not 36.
 *
 * With d the 4x4 inputs and g the weights of one input channel, the outputs are A'[(G g G') * (B' d B)]A summed over
 * the channels, where G has halves. G is doubled in both directions, so all weights are integers up to 9 * 127 and all
 * sums are four times the accumulators; whatever wraps on the way, they are right modulo 2^32: exact by construction.
 *
 *         1  0 -1  0              2  0  0             1  1  1  0
 *   B' =  0  1  1  0     2 G =    1  1  1     A' =    0  1 -1 -1
 *         0 -1  1  0              1 -1  1
 *         0  1  0 -1              0  0  2
 *
 * Rows and columns of the 4x4 are taken in the order 1, 2, 3, 0, and whatever has one index 3 is negated in the
 * weights: with M1..M0 the products of a column, p = M1, s = p + M2, d = 2p - s = M1 - M2, and the two outputs are
 * s + M0 and d + M3, each sum the start of the next.
 *
 * Two tiles that lie side by side are computed at once: 2 x 4 outputs from 4 x 6 inputs.
 *
 * Weights are packed per block of four output channels:
 *   int32 start[4]                      four times the bias, the input's zero point folded in
 *   int16 weights[16][in_c / 2][4][2]   in the order above; the pairs of inputs are those of `transformed`
 *   thimble_winograd_channel[4]
 */
#ifndef THIMBLE_WINOGRAD_H
#define THIMBLE_WINOGRAD_H

#include "lanes.h"

/* The result of four times an accumulator x is sat8((addend + floor(x * multiplier / 2^32)) >> shift), the addend being
 * 2 less for negative x unless the activation hides it. */
typedef struct thimble_winograd_channel {
  int32_t multiplier, addend;
  uint32_t shift;
} thimble_winograd_channel;

/* Words of one pair of input channels in `transformed`: 16 for each of two tiles. */
#define THIMBLE_WINOGRAD_PAIR 32

/* One step of the input transform: columns 2 to 5 of two tiles. Assembly knows the order of the members. Words hold two
 * channels, of each four 0 and 2, then 1 and 3. */
typedef struct thimble_winograd_input {
  const int8_t* rows[4]; /* column 2 of each row */
  uint32_t in_c;
  thimble_word* carried;     /* [in_c / 2][row][2]: B'd of columns 0 and 1; of 4 and 5 afterwards */
  thimble_word* transformed; /* [in_c / 2][column][row][tile]: B'dB */
} thimble_winograd_input;

void thimble_winograd_transform(const thimble_winograd_input* input);

/* All output channels of two tiles. Assembly knows the order of the members. */
typedef struct thimble_winograd_tiles {
  const uint32_t* weights;
  const thimble_word* transformed;
  const thimble_word* transformed_end;
  uint32_t back;  /* bytes from the end of one of the 16 sums to the begin of the next in `transformed`, backwards */
  uint32_t entry; /* bytes of instructions that the first pass of a loop leaves out */
  thimble_word* sums; /* [4 channels][2 tiles][2 rows][4], then 8 words for outputs */
  const uint32_t* weights_end;
  int8_t* output;   /* first row, first column; moved on by out_c */
  uint32_t second;  /* bytes from the first row to the second; 0: there is none */
  uint32_t out_c;   /* bytes from column to column */
  uint32_t columns; /* 1 to 4 */
  uint32_t relu;
} thimble_winograd_tiles;

void thimble_winograd_multiply(thimble_winograd_tiles* tiles);

#endif
