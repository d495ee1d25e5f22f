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
static void run_any(thimble_depthwise_row* row) {
  const thimble_layer* const layer = row->layer;
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

static thimble_depthwise_function function_of(const thimble_layer* layer) {
#if THIMBLE_DSP
  const uint32_t kernel = layer->kernel_h, stride = layer->stride_w;
  if (kernel == layer->kernel_w && stride <= 2) {
    if (kernel == 3 && layer->relu)
      return stride == 1 ? thimble_depthwise_3x3_stride_1_relu : thimble_depthwise_3x3_stride_2_relu;
    if (kernel == 3) return stride == 1 ? thimble_depthwise_3x3_stride_1 : thimble_depthwise_3x3_stride_2;
    if (kernel == 5) return stride == 1 ? thimble_depthwise_5x5_stride_1 : thimble_depthwise_5x5_stride_2;
    if (kernel == 7) return stride == 1 ? thimble_depthwise_7x7_stride_1 : thimble_depthwise_7x7_stride_2;
  }
#else
  (void)layer;
#endif
  return run_any;
}

/* Taps of two channels, from words that hold them side by side. */
static void widen_taps(const uint32_t* weights, uint32_t count, thimble_word* first, thimble_word* second) {
  for (; count != 0; --count) {
    const uint32_t word = *weights++;
    *first++ = thimble_even_bytes(word);
    *second++ = thimble_odd_bytes(word);
  }
}

/* In words: the planes of four channels; behind them, in the scratch, the taps of two. */
static uint32_t planes_words(const thimble_layer* layer) {
  return 4 * thimble_planes(layer) * thimble_plane_columns(layer);
}

uint32_t thimble_depthwise_s8_scratch(const thimble_layer* layer) {
  return thimble_round_up(4 * (planes_words(layer) + 2 * thimble_tap_pairs(layer->kernel_h, layer->kernel_w)), 8);
}

static void depthwise_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t pairs = thimble_tap_pairs(layer->kernel_h, layer->kernel_w), out_c = layer->out_c;
  const uint32_t odd = layer->out_w % 2, paired_bytes = (layer->out_w - odd) * out_c;
  const int32_t zero2 = 2 * layer->output_zero + 1;
  const thimble_plane_layout layout = thimble_plane_layout_of(layer);
  const thimble_depthwise_function run = function_of(layer);
  thimble_word* const planes = call->scratch;
  thimble_word* const taps = planes + planes_words(layer);
  const uint32_t* block = layer->weights;
  thimble_depthwise_row row;
  row.relu = layer->relu;
  row.layer = layer;
  for (uint32_t c = 0; c < out_c; c += 4, block += 12 + 2 * pairs) {
    const uint32_t channels = out_c - c < 4u ? out_c - c : 4u;
    const thimble_channel* const channel = (const thimble_channel*)(const void*)(block + 4 + 2 * pairs);
    thimble_fill_planes(layer, &layout, rows, c, channels, planes);
    for (uint32_t i = 0; i < channels; ++i, ++output) {
      if (i % 2 == 0) widen_taps(block + 4 + i / 2 * pairs, pairs, taps, taps + pairs);
      row.scale = thimble_scale_of(channel + i, zero2, row.relu);
      row.x = planes + i;
      row.output = output;
      row.taps = taps + i % 2 * pairs;
      row.bias = (int32_t)block[i];
      row.end = output + paired_bytes;
      row.out_c = out_c;
      row.odd = odd;
      run(&row);
    }
  }
}

void thimble_depthwise_s8(const thimble_call* call) { thimble_each_row(call, depthwise_row); }
