/* The packed parameters of add.
 *
 * The short form is sat8((alpha x1 / 2^8 + beta x2 / 2^8 + gamma) >> THIMBLE_ADD_SHIFT), each quotient rounded down;
 * the packer finds constants that give TFLite's result for all 65536 pairs. Where it finds none (scales whose ratios
 * are those of small integers: sums that lie in the middle between two outputs) the layer is `wide`, and TFLite's own
 * steps are taken. In these the first operand is the one with the larger scale: its factor is 1/2 exactly (scales are
 * divided by twice the larger one), so that (x - z) 2^20, scaled, is (x - z) 2^19. */
#ifndef THIMBLE_ADD_H
#define THIMBLE_ADD_H

#include "elementwise.h"

#define THIMBLE_ADD_SHIFT 21

typedef struct thimble_add {
  int32_t alpha, beta, gamma;
  uint32_t swap;          /* of TFLite's steps; 1: the operands change places */
  int32_t offset1;        /* -z1 2^19 */
  int32_t offset2;        /* -z2 2^21 */
  thimble_channel input2; /* no left shift */
  thimble_channel output; /* a right shift by 1 to 23 */
} thimble_add;

#define THIMBLE_ADD_WORDS 10u

#endif
