#include "lanes.h"

/* floor(i * in / out) for i = 0, 1, ... without division: `rest` is i * in - index * out. */
typedef struct thimble_nearest {
  uint32_t index, rest, in, out;
} thimble_nearest;

static void step(thimble_nearest* nearest) {
  nearest->rest += nearest->in;
  while (nearest->rest >= nearest->out) nearest->rest -= nearest->out, ++nearest->index;
}

void thimble_resize_nearest_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t channels = layer->out_c;
  thimble_nearest y = {0, 0, layer->in_h, layer->out_h};
  for (uint32_t i = 0; i < call->first; ++i) step(&y);
  int8_t* output = call->output;
  for (uint32_t i = 0; i < call->count; ++i, step(&y)) {
    const int8_t* const row = thimble_row(&call->input, (int32_t)y.index);
    thimble_nearest x = {0, 0, layer->in_w, layer->out_w};
    for (uint32_t column = 0; column < layer->out_w; ++column, step(&x), output += channels)
      thimble_copy(output, row + x.index * channels, channels);
  }
}
