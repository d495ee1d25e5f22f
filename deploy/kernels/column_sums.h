/* Sums down the columns of a picture: what average pool and mean share. */
#ifndef THIMBLE_COLUMN_SUMS_H
#define THIMBLE_COLUMN_SUMS_H

#include "lanes.h"

/* Channels that are summed together. */
#define THIMBLE_SUM_CHANNELS 16u

/* Adds the bytes of `pixels` pixels, `step` bytes apart, to sums[0] ... sums[channels - 1]; 1 to 16 channels. Fast for
 * 16, 8 and 4. */
void thimble_add_columns(const int8_t* x, uint32_t step, uint32_t pixels, uint32_t channels, int32_t* sums);

#endif
