/* Depthwise 5x5 and 7x7, stride 1, on maps of at most five columns: the taps that meet padding are left out.
 *
 * A channel's whole map lies in the scratch as words of two rows, [units][3 or 5]; its window as int16, column by
 * column, a zero above and below each. An output row is computed at once: per unit that its window reaches, the words
 * of a column of the window are two neighbouring weights from any of its rows on. */
#ifndef THIMBLE_DEPTHWISE_NARROW_H
#define THIMBLE_DEPTHWISE_NARROW_H

#include "depthwise.h"

enum {
  THIMBLE_NARROW_COLUMNS = 5,
  THIMBLE_NARROW_PLANE = 112,  /* bytes of a channel's map */
  THIMBLE_NARROW_RECORD = 128, /* bytes of a channel's window, which begins with 16 zeros */
};

/* What an output row needs of a channel: bytes from the map's first word to the first one and to the end, and from the
 * window's middle column to the first weight. */
typedef struct thimble_narrow_row {
  uint32_t from;
  int32_t weight;
  uint32_t end;
} thimble_narrow_row;

static inline int thimble_depthwise_is_narrow(const thimble_layer* layer) {
  const uint32_t kernel = layer->kernel_h, half = kernel / 2, width = layer->in_w, units = (layer->in_h + 1u) / 2;
  return kernel == layer->kernel_w && (kernel == 5 || kernel == 7) && layer->stride_h == 1 && layer->stride_w == 1 &&
         layer->wide != THIMBLE_DEPTHWISE_GENERAL && layer->pad_top == half && layer->pad_left == half &&
         layer->out_h == layer->in_h && layer->out_w == width && width <= THIMBLE_NARROW_COLUMNS &&
         layer->out_c % 4u == 0 && units * (width > 3 || kernel == 7 ? 20 : 12) <= THIMBLE_NARROW_PLANE;
}
/* The maps, the windows and the zeros behind them, the rows. */
static inline uint32_t thimble_depthwise_narrow_bytes(const thimble_layer* layer) {
  return 4 * (THIMBLE_NARROW_PLANE + THIMBLE_NARROW_RECORD) + 16 +
         (uint32_t)layer->out_h * (uint32_t)sizeof(thimble_narrow_row);
}

#endif
