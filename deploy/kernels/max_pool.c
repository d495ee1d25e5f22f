#include "pool.h"

static int8_t window_max(const thimble_layer* layer, const int8_t* const* rows, thimble_span columns, uint32_t c) {
  int32_t most = -128;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    const int8_t* x = rows[ky] + columns.first * layer->in_c + c;
    for (uint32_t i = columns.first; i < columns.last; ++i, x += layer->in_c) most = *x > most ? *x : most;
  }
  return (int8_t)most;
}

uint32_t thimble_max_pool_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

void thimble_max_pool_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  (void)scratch;
  for (uint32_t x = 0; x < layer->out_w; ++x) {
    const thimble_span columns = thimble_pool_columns(layer, x);
    for (uint32_t c = 0; c < layer->out_c; ++c) *output++ = window_max(layer, rows, columns, c);
  }
}
