#include "mve.h"

uint32_t thimble_mve_pointwise_s8_scratch(const thimble_layer* layer) {
  return 2 * 16 * thimble_mve_vectors(layer->in_c);
}

/* Two pixels at their place, or copied: whole vectors are read, and pixels that lie under the output are overwritten
 * before the last channel has read them. */
static void place(thimble_mve_gemm* gemm, const int8_t* input, uint32_t in_c, int8_t* copies, uint32_t pixels) {
  for (uint32_t i = 0; i < pixels; ++i, input += in_c) {
    gemm->pixels[i] = input;
    if (copies == NULL) continue;
    thimble_copy(copies, input, in_c);
    gemm->pixels[i] = copies;
    copies += 16 * gemm->vectors;
  }
}

void thimble_mve_pointwise_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t in_c = layer->in_c, out_c = layer->out_c;
  uint32_t left = call->count * layer->out_w;
  const int8_t* input = thimble_row(&call->input, (int32_t)call->first);
  const int apart = call->output >= input + left * in_c || call->output + left * out_c <= input;
  int8_t* const copies = apart && in_c % 16 == 0 ? NULL : call->scratch;
  thimble_mve_gemm gemm = {layer->weights, {NULL, NULL},       thimble_mve_vectors(in_c),     call->output,
                           out_c,          layer->output_zero, thimble_mve_rounding_of(layer)};
  for (; left >= 2; left -= 2, input += 2 * in_c, gemm.output += 2 * out_c) {
    place(&gemm, input, in_c, copies, 2);
    thimble_mve_gemm_two(&gemm);
  }
  if (left == 0) return;
  place(&gemm, input, in_c, copies, 1);
  thimble_mve_gemm_one(&gemm);
}
