#include "gemm.h"

static void gather(const thimble_columns* columns, uint32_t x, uint32_t pixel) {
  const uint32_t in_c = columns->layer->in_c;
  const int8_t* from = columns->rows[0] + x * in_c;
  if (in_c % 4 != 0) {
    thimble_copy(columns->bytes, from, in_c);
    from = columns->bytes;
  }
  thimble_widen(columns->columns + pixel, from, thimble_round_up(in_c, 4), columns->pixels);
}

uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer) { return thimble_columns_bytes(layer); }

void thimble_pointwise_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  thimble_gemm_row(layer, rows, output, scratch, gather);
}
