#include "mean.h"

/* The channels of a row that are summed sixteen at a time, and whose sums fit halfwords. */
static uint32_t reduce_blocks(const thimble_layer* layer, const thimble_mean* mean, const thimble_scale* scale,
                              const int8_t* x, int8_t* y) {
#if THIMBLE_DSP
  if (layer->in_c % 4u != 0 || layer->in_c < THIMBLE_SUM_CHANNELS || layer->in_w > 128 || scale->right == 0) return 0;
  thimble_columns columns;
  columns.x = x, columns.step = layer->in_c;
  columns.pixels = layer->in_w, columns.runs = 1, columns.skip = 0;
  columns.start = 0x00010001u * (uint16_t)mean->bias;
  columns.blocks = layer->in_c / THIMBLE_SUM_CHANNELS;
  columns.y = y;
  columns.multiplier = scale->multiplier, columns.addend = scale->addend;
  columns.left = scale->left, columns.right = scale->right;
  thimble_reduce_columns(&columns);
  return layer->in_c & ~(THIMBLE_SUM_CHANNELS - 1);
#else
  (void)layer, (void)mean, (void)scale, (void)x, (void)y;
  return 0;
#endif
}

void thimble_mean_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const thimble_mean* const mean = (const thimble_mean*)(const void*)layer->weights;
  const thimble_scale scale = thimble_scale_of(&mean->output, 2 * layer->output_zero + 1, layer->relu);
  int8_t* y = call->output;
  for (uint32_t row = 0; row < call->count; ++row) {
    const int8_t* x = thimble_row(&call->input, (int32_t)(call->first + row));
    const uint32_t done = reduce_blocks(layer, mean, &scale, x, y);
    x += done, y += done;
    for (uint32_t left = layer->out_c - done; left != 0;) {
      const uint32_t channels = left < THIMBLE_SUM_CHANNELS ? left : THIMBLE_SUM_CHANNELS;
      int32_t sums[THIMBLE_SUM_CHANNELS];
      for (uint32_t c = 0; c < channels; ++c) sums[c] = mean->bias;
      thimble_add_columns(x, layer->in_c, layer->in_w, channels, sums);
      for (uint32_t c = 0; c < channels; ++c) *y++ = thimble_saturate_s8(thimble_requantise(sums[c], &scale));
      x += channels, left -= channels;
    }
  }
}
