#include "mve.h"

uint32_t thimble_mve_conv2d_s8_scratch(const thimble_layer* layer) {
  return 2 * 16 * thimble_mve_vectors((uint32_t)layer->kernel_h * layer->kernel_w * layer->in_c);
}

/* The window of output column x, int8 [kernel_h, kernel_w, in_c]. */
static void gather(const thimble_layer* layer, const int8_t* const* rows, uint32_t x, int8_t* to) {
  const uint32_t in_c = layer->in_c, row_bytes = layer->kernel_w * in_c;
  const int32_t left = (int32_t)(x * layer->stride_w) - layer->pad_left, right = left + layer->kernel_w - layer->in_w;
  const uint32_t before = left < 0 ? (uint32_t)-left * in_c : 0, after = right > 0 ? (uint32_t)right * in_c : 0;
  const uint32_t from = left < 0 ? 0 : (uint32_t)left * in_c;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky, to += row_bytes) {
    if (rows[ky] == NULL) {
      thimble_fill(to, layer->input_zero, row_bytes);
      continue;
    }
    if (before != 0) thimble_fill(to, layer->input_zero, before);
    thimble_copy(to + before, rows[ky] + from, row_bytes - before - after);
    if (after != 0) thimble_fill(to + row_bytes - after, layer->input_zero, after);
  }
}

static void conv_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t vectors = thimble_mve_vectors((uint32_t)layer->kernel_h * layer->kernel_w * layer->in_c);
  int8_t* const first = call->scratch;
  int8_t* const second = first + 16 * vectors;
  thimble_mve_gemm gemm = {layer->weights,
                           {first, second},
                           vectors,
                           output,
                           layer->out_c,
                           layer->output_zero,
                           thimble_mve_rounding_of(layer)};
  uint32_t x = 0;
  for (; x + 2 <= layer->out_w; x += 2, gemm.output += 2u * layer->out_c) {
    gather(layer, rows, x, first);
    gather(layer, rows, x + 1, second);
    thimble_mve_gemm_two(&gemm);
  }
  if (x == layer->out_w) return;
  gather(layer, rows, x, first);
  thimble_mve_gemm_one(&gemm);
}

void thimble_mve_conv2d_s8(const thimble_call* call) { thimble_each_row(call, conv_row); }
