#include "gemm.h"

uint32_t thimble_fully_connected_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

void thimble_fully_connected_s8(const thimble_call* call) {
  const int8_t* input = thimble_row(&call->input, 0);
  const thimble_window window = {call->layer, &input, call->scratch, 1, 0, 1, NULL, NULL, call, 0};
  thimble_gemm_pixels(&window, call->output);
}
