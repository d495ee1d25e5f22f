#include "depthwise.h"

#if THIMBLE_DSP
static int32_t dot(uint32_t x, uint32_t w, int32_t sum) {
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(x), "r"(w));
  return sum;
}
#else
static int32_t dot(uint32_t x, uint32_t w, int32_t sum) {
  return sum + (int16_t)x * (int16_t)w + (int16_t)(x >> 16) * (int16_t)(w >> 16);
}
#endif

/* The sum of one output whose window begins at `x` in every plane. */
static int32_t window(const thimble_layer* layer, const thimble_word* x, const thimble_word* taps, int32_t sum) {
  const uint32_t columns = thimble_plane_columns(layer), kernel_w = layer->kernel_w;
  for (uint32_t pair = layer->kernel_h / 2; pair != 0; --pair, x += columns) {
    for (uint32_t kx = 0; kx < kernel_w; ++kx) sum = dot(x[kx], *taps++, sum);
  }
  if (layer->kernel_h % 2 != 0) {
    for (uint32_t kx = 0; kx < kernel_w; kx += 2) sum = dot(x[kx], *taps++, sum);
  }
  return sum;
}

static void channel_row(const thimble_layer* layer, const thimble_depthwise_row* row) {
  const thimble_word* x = row->planes;
  int8_t* output = row->output;
  const int32_t zero2 = 2 * layer->output_zero + 1;
  for (uint32_t left = layer->out_w; left != 0; --left, x += layer->stride_w, output += layer->out_c) {
    const int32_t sum = window(layer, x, row->taps, row->bias);
    *output = thimble_saturate_s8(thimble_requantise(sum, row->channel, zero2, layer->relu));
  }
}

static void widen_taps(const uint32_t* weights, uint32_t count, uint32_t odd, thimble_word* taps) {
  for (; count != 0; --count, ++weights) *taps++ = odd ? thimble_odd_bytes(*weights) : thimble_even_bytes(*weights);
}

/* In bytes: the planes of four channels, then the taps of one. */
static uint32_t planes_bytes(const thimble_layer* layer) {
  return 16 * thimble_planes(layer) * thimble_plane_columns(layer);
}

uint32_t thimble_depthwise_s8_scratch(const thimble_layer* layer) {
  return thimble_round_up(planes_bytes(layer) + 4 * thimble_tap_pairs(layer->kernel_h, layer->kernel_w), 8);
}

void thimble_depthwise_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  const uint32_t pairs = thimble_tap_pairs(layer->kernel_h, layer->kernel_w);
  const uint32_t plane_words = thimble_planes(layer) * thimble_plane_columns(layer);
  thimble_word* const planes = scratch;
  thimble_word* const taps = planes + 4 * plane_words;
  const uint32_t* block = layer->weights;
  for (uint32_t c = 0; c < layer->out_c; c += 4, block += 12 + 2 * pairs) {
    const uint32_t channels = layer->out_c - c < 4u ? layer->out_c - c : 4u;
    thimble_fill_planes(layer, rows, c, channels, planes);
    for (uint32_t i = 0; i < channels; ++i) {
      widen_taps(block + 4 + i / 2 * pairs, pairs, i % 2, taps);
      const thimble_channel* const channel = (const thimble_channel*)(const void*)(block + 4 + 2 * pairs) + i;
      const thimble_depthwise_row row = {planes + i * plane_words, taps, channel, output + c + i, (int32_t)block[i]};
      channel_row(layer, &row);
    }
  }
}
