/* The packed parameters of add. The first operand here is the one with the larger scale: its factor in TFLite's ADD is
 * 1/2 exactly (scales are divided by twice the larger one), so that (x - z) 2^20, scaled, is (x - z) 2^19. */
#ifndef THIMBLE_ADD_H
#define THIMBLE_ADD_H

#include "lanes.h"

typedef struct thimble_add {
  uint32_t swap;          /* 1: the operands change places */
  int32_t offset1;        /* -z1 2^19 */
  int32_t offset2;        /* -z2 2^21 */
  thimble_channel input2; /* no left shift */
  thimble_channel output; /* a right shift by 1 to 23 */
} thimble_add;

#endif
