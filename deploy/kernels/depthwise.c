#include "depthwise.h"

static inline int32_t dot(uint32_t x, uint32_t w, int32_t sum) {
#if THIMBLE_DSP
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(x), "r"(w));
  return sum;
#else
  return sum + (int16_t)x * (int16_t)w + (int16_t)(x >> 16) * (int16_t)(w >> 16);
#endif
}

/* One channel's row of outputs. */
typedef struct channel_row {
  const thimble_word* x;    /* the channel's words, 4 * planes apart from column to column */
  const thimble_word* taps; /* its tap pairs as words of int16 */
  int8_t* output;           /* out_c bytes apart */
  uint32_t out_w, out_c;
  uint32_t kernel_h, kernel_w, stride;
  int32_t bias;
  thimble_scale scale;
} channel_row;

/* Two neighbouring outputs at a time; the second of the last pair may not exist. Kernel sizes and stride are constants
 * where this is called for a common size: then everything in it unrolls. */
static inline __attribute__((always_inline)) void run_row(const channel_row* row, uint32_t kernel_h, uint32_t kernel_w,
                                                          uint32_t stride) {
  const uint32_t column = 4 * ((kernel_h + 1) / 2);
  const thimble_scale scale = row->scale;
  const thimble_word* x = row->x;
  int8_t* output = row->output;
  for (uint32_t left = row->out_w; left != 0; x += 2 * stride * column) {
    int32_t first = row->bias, second = row->bias;
    const thimble_word* tap = row->taps;
#pragma GCC unroll 4
    for (uint32_t plane = 0; plane < kernel_h / 2; ++plane) {
#pragma GCC unroll 8
      for (uint32_t kx = 0; kx < kernel_w; ++kx, ++tap) {
        first = dot(x[4 * plane + kx * column], *tap, first);
        second = dot(x[4 * plane + (kx + stride) * column], *tap, second);
      }
    }
    if (kernel_h % 2 != 0) {
#pragma GCC unroll 4
      for (uint32_t kx = 0; kx < kernel_w; kx += 2, ++tap) {
        first = dot(x[4 * (kernel_h / 2) + kx * column], *tap, first);
        second = dot(x[4 * (kernel_h / 2) + (kx + stride) * column], *tap, second);
      }
    }
    *output = thimble_saturate_s8(thimble_requantise(first, &scale));
    if (--left == 0) return;
    output[row->out_c] = thimble_saturate_s8(thimble_requantise(second, &scale));
    output += 2 * row->out_c;
    --left;
  }
}

static void run_3x3_stride_1(const channel_row* row) { run_row(row, 3, 3, 1); }
static void run_3x3_stride_2(const channel_row* row) { run_row(row, 3, 3, 2); }
static void run_5x5_stride_1(const channel_row* row) { run_row(row, 5, 5, 1); }
static void run_5x5_stride_2(const channel_row* row) { run_row(row, 5, 5, 2); }
static void run_7x7_stride_1(const channel_row* row) { run_row(row, 7, 7, 1); }
static void run_7x7_stride_2(const channel_row* row) { run_row(row, 7, 7, 2); }
static void run_any(const channel_row* row) { run_row(row, row->kernel_h, row->kernel_w, row->stride); }

typedef void (*row_function)(const channel_row* row);

static row_function row_function_of(const thimble_layer* layer) {
  const uint32_t kernel = layer->kernel_h, stride = layer->stride_w;
  if (kernel != layer->kernel_w || stride > 2) return run_any;
  if (kernel == 3) return stride == 1 ? run_3x3_stride_1 : run_3x3_stride_2;
  if (kernel == 5) return stride == 1 ? run_5x5_stride_1 : run_5x5_stride_2;
  if (kernel == 7) return stride == 1 ? run_7x7_stride_1 : run_7x7_stride_2;
  return run_any;
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

void thimble_depthwise_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  const uint32_t pairs = thimble_tap_pairs(layer->kernel_h, layer->kernel_w);
  const int32_t zero2 = 2 * layer->output_zero + 1;
  const row_function run = row_function_of(layer);
  thimble_word* const planes = scratch;
  thimble_word* const taps = planes + planes_words(layer);
  channel_row row = {
      planes,          taps, output,         layer->out_w, layer->out_c, layer->kernel_h, layer->kernel_w,
      layer->stride_w, 0,    {0, 0, 0, 0, 0}};
  const uint32_t* block = layer->weights;
  for (uint32_t c = 0; c < layer->out_c; c += 4, block += 12 + 2 * pairs) {
    const uint32_t channels = layer->out_c - c < 4u ? layer->out_c - c : 4u;
    const thimble_channel* const channel = (const thimble_channel*)(const void*)(block + 4 + 2 * pairs);
    thimble_fill_planes(layer, rows, c, channels, planes);
    for (uint32_t i = 0; i < channels; ++i) {
      widen_taps(block + 4 + i / 2 * pairs, pairs, i % 2, taps);
      row.x = planes + i;
      row.output = output + c + i;
      row.bias = (int32_t)block[i];
      row.scale = thimble_scale_of(channel + i, zero2, layer->relu);
      run(&row);
    }
  }
}
