#include "mean.h"

void thimble_mean_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const thimble_mean* const mean = (const thimble_mean*)(const void*)layer->weights;
  const thimble_scale scale = thimble_scale_of(&mean->output, 2 * layer->output_zero + 1, layer->relu);
  int8_t* y = call->output;
  for (uint32_t row = 0; row < call->count; ++row) {
    const int8_t* x = thimble_row(&call->input, (int32_t)(call->first + row));
    for (uint32_t left = layer->out_c; left != 0;) {
      const uint32_t channels = left < THIMBLE_SUM_CHANNELS ? left : THIMBLE_SUM_CHANNELS;
      int32_t sums[THIMBLE_SUM_CHANNELS];
      for (uint32_t c = 0; c < channels; ++c) sums[c] = mean->bias;
      thimble_add_columns(x, layer->in_c, layer->in_w, channels, sums);
      for (uint32_t c = 0; c < channels; ++c) *y++ = thimble_saturate_s8(thimble_requantise(sums[c], &scale));
      x += channels, left -= channels;
    }
  }
}
