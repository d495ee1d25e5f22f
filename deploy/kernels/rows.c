#include "rows.h"

void thimble_each_row(const thimble_call* call, thimble_row_function compute) {
  const int8_t* rows[THIMBLE_MAX_KERNEL_H];
  const thimble_layer* const layer = call->layer;
  const uint32_t row_bytes = (uint32_t)layer->out_w * layer->out_c;
  int32_t top = (int32_t)(call->first * layer->stride_h) - layer->pad_top;
  int8_t* output = call->output;
  for (uint32_t left = call->count; left != 0; --left, top += layer->stride_h, output += row_bytes) {
    for (uint32_t i = 0; i < layer->kernel_h; ++i) rows[i] = thimble_row(&call->input, top + (int32_t)i);
    compute(call, rows, output);
  }
}
