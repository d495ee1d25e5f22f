#include "lanes.h"

void thimble_pad_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t out_row = (uint32_t)layer->out_w * layer->out_c, in_row = call->input.row_bytes;
  const uint32_t left = (uint32_t)layer->pad_left * layer->out_c;
  int8_t* output = call->output;
  for (uint32_t i = 0; i < call->count; ++i, output += out_row) {
    const int8_t* const row = thimble_row(&call->input, (int32_t)(call->first + i) - layer->pad_top);
    const uint32_t before = row != NULL ? left : out_row;
    thimble_fill(output, layer->output_zero, before);
    if (row == NULL) continue;
    thimble_copy(output + before, row, in_row);
    thimble_fill(output + before + in_row, layer->output_zero, out_row - before - in_row);
  }
}
