#include "gemm.h"

uint32_t thimble_fully_connected_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

static void gather(const thimble_window* window, uint32_t x, thimble_cursor* cursor) {
  (void)x;
  thimble_put_segment(cursor, window->rows[0], window->layer->in_c, 0);
}

static void fully_connected_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_window window = {call->layer, rows, call->scratch, 1, 0, 1, gather};
  thimble_gemm_pixels(&window, output);
}

void thimble_fully_connected_s8(const thimble_call* call) { thimble_each_row(call, fully_connected_row); }
