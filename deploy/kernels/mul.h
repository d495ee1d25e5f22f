/* The packed parameters of mul. */
#ifndef THIMBLE_MUL_H
#define THIMBLE_MUL_H

#include "elementwise.h"

typedef struct thimble_mul {
  int32_t input2_zero;
  thimble_channel output; /* of products in [-65025, 65025] */
} thimble_mul;

#define THIMBLE_MUL_WORDS 3u

#endif
