/* Depthwise for any window, stride and core, channel by channel: the rows that some output rows need lie in the scratch
 * as halfwords, without the input's zero point and with the padding in place. Small code, and about half as fast as the
 * kernels for one window. */
#ifndef THIMBLE_DEPTHWISE_GENERAL_H
#define THIMBLE_DEPTHWISE_GENERAL_H

#include "depthwise.h"

/* Two neighbouring weights of a window's row, for a window that begins at an even halfword, and for one at the next. */
typedef struct thimble_depthwise_tap {
  uint32_t even, odd;
  uint32_t offset; /* bytes from the window's first input to the first one's */
} thimble_depthwise_tap;

/* Sums are computed in groups of this many outputs. */
static inline uint32_t thimble_depthwise_group(const thimble_layer* layer) { return layer->stride_w == 1 ? 6 : 4; }

/* Outputs of a row with those that fill its last group. */
static inline uint32_t thimble_depthwise_sums(const thimble_layer* layer) {
  const uint32_t group = thimble_depthwise_group(layer);
  uint32_t sums = group;
  while (sums < layer->out_w) sums += group;
  return sums;
}

static inline uint32_t thimble_depthwise_taps_of_row(const thimble_layer* layer) { return layer->kernel_w / 2u + 1; }
/* They are computed two by two. */
static inline uint32_t thimble_depthwise_taps(const thimble_layer* layer) {
  return thimble_round_up(layer->kernel_h * thimble_depthwise_taps_of_row(layer), 2);
}

/* Halfwords of a slot: all that a row's groups read. */
static inline uint32_t thimble_depthwise_slot(const thimble_layer* layer) {
  const uint32_t last = (thimble_depthwise_sums(layer) - 1) * layer->stride_w;
  return thimble_round_up(last + 2 * thimble_depthwise_taps_of_row(layer) + 1, 2);
}

/* Taps; sums and inputs of some output rows. */
static inline uint32_t thimble_depthwise_band_bytes(const thimble_layer* layer, uint32_t rows) {
  return (uint32_t)sizeof(thimble_depthwise_tap) * thimble_depthwise_taps(layer) +
         4 * rows * thimble_depthwise_sums(layer) +
         2 * (layer->kernel_h + (rows - 1) * layer->stride_h) * thimble_depthwise_slot(layer);
}

/* Output rows that are computed together. */
static inline uint32_t thimble_depthwise_band(const thimble_layer* layer) {
  enum { MOST_BYTES = 2048 };
  uint32_t rows = 1;
  while (rows < layer->out_h && thimble_depthwise_band_bytes(layer, rows + 1) <= MOST_BYTES) ++rows;
  return rows;
}

#endif
