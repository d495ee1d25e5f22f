/* The packed parameters of mean. */
#ifndef THIMBLE_MEAN_H
#define THIMBLE_MEAN_H

#include "column_sums.h"

typedef struct thimble_mean {
  int32_t bias; /* minus the zero point, as often as there are terms */
  thimble_channel output;
} thimble_mean;

#define THIMBLE_MEAN_WORDS 3u

#endif
