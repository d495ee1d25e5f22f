#include "gemm.h"

uint32_t thimble_fully_connected_s8_scratch(const thimble_layer* layer) { return thimble_columns_bytes(layer); }

static void fully_connected_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t length = thimble_column_length(layer);
  thimble_word* const input = call->scratch;
  if (layer->in_c % 4 == 0) {
    thimble_widen(input, rows[0], length, 1);
  } else {
    thimble_cursor cursor = thimble_cursor_at(input, 1);
    thimble_put_bytes(&cursor, rows[0], layer->in_c);
  }
  const thimble_gemm gemm = {
      layer->weights, input, input + length / 2, output, layer->out_c, 2 * layer->output_zero + 1, layer->relu};
  thimble_gemm_one(&gemm);
}

void thimble_fully_connected_s8(const thimble_call* call) { thimble_each_row(call, fully_connected_row); }
