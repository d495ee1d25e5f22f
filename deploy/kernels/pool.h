/* The columns of a pool's window that lie on the input. */
#ifndef THIMBLE_POOL_H
#define THIMBLE_POOL_H

#include "lanes.h"

typedef struct thimble_span {
  uint32_t first, last;
} thimble_span;

static inline thimble_span thimble_pool_columns(const thimble_layer* layer, uint32_t x) {
  const int32_t left = (int32_t)(x * layer->stride_w) - layer->pad_left;
  const int32_t right = left + layer->kernel_w;
  const thimble_span span = {left < 0 ? 0u : (uint32_t)left,
                             right > layer->in_w ? layer->in_w : (uint32_t)(right < 0 ? 0 : right)};
  return span;
}

#endif
