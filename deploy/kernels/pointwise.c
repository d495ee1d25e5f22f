#include "gemm.h"

uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer) { return thimble_gemm_bytes(layer); }

static void gather(const thimble_window* window, uint32_t x, thimble_word* column, uint32_t pixels) {
  const uint32_t in_c = window->layer->in_c;
  thimble_widen(column, window->rows[0] + x * in_c, in_c, pixels);
}

/* Whole blocks from whole words: groups of pixels in one call. Returns how many pixels are done. */
static uint32_t compute_groups(const thimble_call* call, const int8_t* input, int8_t* output, uint32_t pixels) {
  const thimble_layer* const layer = call->layer;
  if (layer->in_c % 4 != 0 || layer->out_c % 4 != 0) return 0;
  uint32_t done = 0;
  thimble_gemm gemm = thimble_gemm_of(layer, call->scratch);
#if THIMBLE_QUAD
  if (layer->in_c <= 16 && !layer->wide && pixels >= 4) {
    gemm.output = output;
    gemm.input = input;
    gemm.pairs = pixels / 4;
    thimble_gemm_four(&gemm);
    done = pixels & ~3u;
  }
#endif
  if (pixels - done < 2) return done;
  gemm.output = output + done * layer->out_c;
  gemm.input = input + done * layer->in_c;
  gemm.pairs = (pixels - done) / 2;
  thimble_gemm_two(&gemm);
  return pixels & ~1u;
}

/* Every pixel is read before its outputs are written: the output may lie over the input. */
static void compute_pixels(const thimble_call* call, const int8_t* input, int8_t* output, uint32_t pixels) {
  const thimble_layer* const layer = call->layer;
  const uint32_t first = compute_groups(call, input, output, pixels);
  const thimble_window window = {layer, &input, call->scratch};
  thimble_gemm_pixels(&window, output + first * layer->out_c, first, pixels, gather);
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
