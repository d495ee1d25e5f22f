#include "gemm.h"

uint32_t thimble_fully_connected_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

static void gather(const thimble_window* window, uint32_t x, thimble_word* column, uint32_t pixels) {
  (void)x;
  thimble_widen(column, window->rows[0], window->layer->in_c, pixels);
}

static void fully_connected_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_window window = {call->layer, rows, call->scratch};
  thimble_gemm_pixels(&window, output, 0, 1, gather);
}

void thimble_fully_connected_s8(const thimble_call* call) { thimble_each_row(call, fully_connected_row); }
