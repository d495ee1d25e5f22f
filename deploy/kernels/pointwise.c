#include "gemm.h"

uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

/* Every pixel is read before its outputs are written: the output may lie over the input. */
static void compute_pixels(const thimble_call* call, const int8_t* input, int8_t* output, uint32_t pixels) {
  const thimble_layer* const layer = call->layer;
  thimble_window window = {layer, &input, call->scratch, pixels, 0, pixels, NULL, NULL, call, 0};
#if THIMBLE_QUAD
  if ((layer->in_c == 8 || layer->in_c == 16) && layer->out_c % 4u == 0 && layer->wide == THIMBLE_GEMM_FORM_NARROW &&
      pixels >= 4) {
    thimble_gemm gemm = thimble_gemm_of(&window);
    gemm.output = output;
    gemm.pairs = pixels / 4;
    thimble_gemm_four(&gemm);
    pixels &= ~3u;
    input += pixels * layer->in_c;
    output += pixels * layer->out_c;
    window.width = window.end = window.width & 3u;
    if (window.width == 0) return;
  }
#endif
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
