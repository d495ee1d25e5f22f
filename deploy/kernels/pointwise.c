#include "gemm.h"

static void gather(const thimble_columns* columns, uint32_t x, uint32_t pixel) {
  const uint32_t in_c = columns->layer->in_c;
  const int8_t* const from = columns->rows[0] + x * in_c;
  thimble_word* const to = columns->columns + pixel;
  if (in_c % 4 == 0) {
    thimble_widen(to, from, in_c, columns->pixels);
    return;
  }
  thimble_cursor cursor = thimble_cursor_at(to, columns->pixels);
  thimble_put_bytes(&cursor, from, in_c);
}

uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer) { return thimble_columns_bytes(layer); }

static void pointwise_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  thimble_gemm_row(layer, rows, output, call->scratch, gather);
}

void thimble_pointwise_s8(const thimble_call* call) { thimble_each_row(call, pointwise_row); }
