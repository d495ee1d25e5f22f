#include "gemm.h"

uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

/* Every pixel is read before its outputs are written: the output may lie over the input. */
static void compute_pixels(const thimble_call* call, const int8_t* input, int8_t* output, uint32_t pixels) {
  const thimble_window window = {call->layer, &input, call->scratch, pixels, 0, pixels, NULL, NULL, call, 0};
  thimble_gemm_pixels(&window, output);
}

static void pointwise_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  compute_pixels(call, rows[0], output, call->layer->out_w);
}

void thimble_pointwise_s8(const thimble_call* call) {
  const thimble_view* const view = &call->input;
  if (view->ring_rows != 0) {
    thimble_each_row(call, pointwise_row);
  } else {
    compute_pixels(call, thimble_row(view, (int32_t)call->first), call->output, call->count * call->layer->out_w);
  }
}
