#include "lanes.h"

void thimble_transpose_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t steps[3] = {(uint32_t)layer->in_w * layer->in_c, layer->in_c, 1};
  const uint32_t row_step = steps[layer->stride_h], column_step = steps[layer->stride_w], step = steps[layer->pad_top];
  const int8_t* row = call->input.input + call->first * row_step;
  int8_t* output = call->output;
  for (uint32_t y = 0; y < call->count; ++y, row += row_step) {
    const int8_t* column = row;
    for (uint32_t x = 0; x < layer->out_w; ++x, column += column_step) {
      const int8_t* from = column;
      for (uint32_t c = 0; c < layer->out_c; ++c, from += step) *output++ = *from;
    }
  }
}
