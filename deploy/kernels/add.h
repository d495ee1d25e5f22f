/* The packed parameters of add. */
#ifndef THIMBLE_ADD_H
#define THIMBLE_ADD_H

#include "lanes.h"

typedef struct thimble_add {
  int32_t offset1, offset2; /* minus the operands' zero points */
  thimble_channel input1, input2, output;
} thimble_add;

#endif
