#include "depthwise.h"

static inline int32_t dot(uint32_t x, uint32_t w, int32_t sum) {
#if THIMBLE_DSP
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(x), "r"(w));
  return sum;
#else
  return sum + (int16_t)x * (int16_t)w + (int16_t)(x >> 16) * (int16_t)(w >> 16);
#endif
}

/* For any window: one output at a time. */
static void run_any(const thimble_layer* layer, const thimble_depthwise_row* row) {
  const uint32_t column = 4 * thimble_planes(layer), kernel_w = layer->kernel_w;
  const thimble_word* x = row->x;
  int8_t* output = row->output;
  for (uint32_t left = layer->out_w; left != 0; --left, x += layer->stride_w * column, output += layer->out_c) {
    const thimble_word *tap = row->taps, *plane = x;
    int32_t sum = row->bias;
    for (uint32_t pair = layer->kernel_h / 2; pair != 0; --pair, plane += 4) {
      for (uint32_t kx = 0; kx < kernel_w; ++kx) sum = dot(plane[kx * column], *tap++, sum);
    }
    if (layer->kernel_h % 2 != 0) {
      for (uint32_t kx = 0; kx < kernel_w; kx += 2) sum = dot(plane[kx * column], *tap++, sum);
    }
    *output = thimble_saturate_s8(thimble_requantise(sum, &row->scale));
  }
}

/* NULL: run_any. */
static thimble_depthwise_function function_of(const thimble_layer* layer) {
#if THIMBLE_DSP
  const uint32_t kernel = layer->kernel_h, stride = layer->stride_w;
  if (kernel == layer->kernel_w && stride <= 2) {
    if (kernel == 3) return stride == 1 ? thimble_depthwise_3x3_stride_1 : thimble_depthwise_3x3_stride_2;
    if (kernel == 5) return stride == 1 ? thimble_depthwise_5x5_stride_1 : thimble_depthwise_5x5_stride_2;
    if (kernel == 7) return stride == 1 ? thimble_depthwise_7x7_stride_1 : thimble_depthwise_7x7_stride_2;
  }
#else
  (void)layer;
#endif
  return NULL;
}

static void widen_taps(const uint32_t* weights, uint32_t count, uint32_t odd, thimble_word* taps) {
  if (odd) {
    for (; count != 0; --count) *taps++ = thimble_odd_bytes(*weights++);
  } else {
    for (; count != 0; --count) *taps++ = thimble_even_bytes(*weights++);
  }
}

/* In words: the planes of four channels; behind them, in the scratch, the taps of one. */
static uint32_t planes_words(const thimble_layer* layer) {
  return 4 * thimble_planes(layer) * thimble_plane_columns(layer);
}

uint32_t thimble_depthwise_s8_scratch(const thimble_layer* layer) {
  return thimble_round_up(4 * (planes_words(layer) + thimble_tap_pairs(layer->kernel_h, layer->kernel_w)), 8);
}

static void run_row(const thimble_layer* layer, thimble_depthwise_function function, thimble_depthwise_row* row,
                    const thimble_channel* channel) {
  row->out_c = layer->out_c;
  row->odd = layer->out_w % 2;
  row->end = row->output + (layer->out_w - row->odd) * layer->out_c;
  row->scale = thimble_scale_of(channel, 2 * layer->output_zero + 1, layer->relu);
  if (function != NULL) {
    function(row);
  } else {
    run_any(layer, row);
  }
}

void thimble_depthwise_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  const uint32_t pairs = thimble_tap_pairs(layer->kernel_h, layer->kernel_w);
  const thimble_plane_layout layout = thimble_plane_layout_of(layer);
  const thimble_depthwise_function function = function_of(layer);
  thimble_word* const planes = scratch;
  thimble_word* const taps = planes + planes_words(layer);
  const uint32_t* block = layer->weights;
  thimble_depthwise_row row;
  row.taps = taps;
  row.relu = layer->relu;
  for (uint32_t c = 0; c < layer->out_c; c += 4, block += 12 + 2 * pairs) {
    const uint32_t channels = layer->out_c - c < 4u ? layer->out_c - c : 4u;
    const thimble_channel* const channel = (const thimble_channel*)(const void*)(block + 4 + 2 * pairs);
    thimble_fill_planes(layer, &layout, rows, c, channels, planes);
    for (uint32_t i = 0; i < channels; ++i) {
      widen_taps(block + 4 + i / 2 * pairs, pairs, i % 2, taps);
      row.x = planes + i;
      row.output = output + c + i;
      row.bias = (int32_t)block[i];
      run_row(layer, function, &row, channel + i);
    }
  }
}
