#include "elementwise.h"

void thimble_each_pair(const thimble_call* call, const int8_t* second, thimble_pairs compute) {
  const thimble_layer* const layer = call->layer;
  const int8_t* a = thimble_first_operand(call);
  const uint32_t count = thimble_call_elements(call), channels = layer->out_c;
  if (layer->broadcast == THIMBLE_SAME) {
    compute(layer, a, second + call->first * layer->out_w * channels, call->output, count);
    return;
  }
  if (layer->broadcast == THIMBLE_ELEMENT) {
    int8_t* const pixel = call->scratch;
    thimble_fill(pixel, *second, channels);
    second = pixel;
  }
  int8_t* y = call->output;
  for (const int8_t* const end = y + count; y != end; a += channels, y += channels)
    compute(layer, a, second, y, channels);
}
