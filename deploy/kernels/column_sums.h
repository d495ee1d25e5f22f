/* Sums down the columns of a picture: what average pool and mean share. */
#ifndef THIMBLE_COLUMN_SUMS_H
#define THIMBLE_COLUMN_SUMS_H

#include "lanes.h"

/* Channels that are summed together. */
#define THIMBLE_SUM_CHANNELS 16u

/* Adds the bytes of `pixels` pixels, `step` bytes apart, to sums[0] ... sums[channels - 1]; 1 to 16 channels. */
void thimble_add_columns(const int8_t* x, uint32_t step, uint32_t pixels, uint32_t channels, int32_t* sums);

/* Sums of blocks of 16 channels, requantised, where they fit halfwords. Assembly knows the order of the members. */
typedef struct thimble_columns {
  const int8_t* x; /* moved on by 16 a block */
  uint32_t step;   /* bytes from pixel to pixel, a multiple of 4, as x is */
  uint32_t pixels, runs;
  uint32_t skip;  /* bytes from behind a run of pixels to the next run */
  uint32_t start; /* of the sums, in both halves */
  uint32_t blocks;
  int8_t* y; /* moved on by 16 a block */
  int32_t multiplier, addend;
  uint32_t left, right; /* shifts; right: 1 at least, since ties below zero are nudged */
} thimble_columns;

#if THIMBLE_DSP
void thimble_reduce_columns(thimble_columns* columns);
#endif

#endif
