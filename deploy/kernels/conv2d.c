#include "gemm.h"

/* The taps of one window that lie on the input: [first, last) of kernel_w, the first at input column `column`. */
typedef struct taps {
  uint32_t first, last, column;
} taps;

static taps taps_of(const thimble_layer* layer, uint32_t x) {
  const int32_t left = (int32_t)(x * layer->stride_w) - layer->pad_left;
  const int32_t right = layer->in_w - left;
  taps t;
  t.first = left < 0 ? (uint32_t)-left : 0;
  t.last = right < layer->kernel_w ? (uint32_t)(right < 0 ? 0 : right) : layer->kernel_w;
  t.column = left < 0 ? 0 : (uint32_t)left;
  if (t.first > t.last) t.first = t.last;
  return t;
}

static thimble_word* fill_words(thimble_word* to, uint32_t value, uint32_t count, uint32_t pixels) {
  for (; count != 0; --count, to += pixels) *to = value;
  return to;
}

static uint32_t segment_bytes(const thimble_layer* layer) { return (uint32_t)layer->kernel_w * layer->in_c; }

/* A segment that is partly padding, put together as bytes where channels do not come in fours. */
static thimble_word* border_segment(const thimble_window* window, const int8_t* row, taps t, thimble_word* to,
                                    uint32_t pixels) {
  const thimble_layer* const layer = window->layer;
  const uint32_t in_c = layer->in_c, zero = 0x00010001u * (uint16_t)layer->input_zero;
  const uint32_t before = t.first * in_c, inside = (t.last - t.first) * in_c;
  const uint32_t after = (layer->kernel_w - t.last) * in_c;
  if (in_c % 4 == 0) {
    to = fill_words(to, zero, before / 2, pixels);
    to = thimble_widen(to, row + t.column * in_c, inside, pixels);
    return fill_words(to, zero, after / 2, pixels);
  }
  int8_t* const bytes = (int8_t*)window->scratch + thimble_gemm_bytes(layer);
  thimble_fill(bytes, layer->input_zero, before);
  thimble_copy(bytes + before, row + t.column * in_c, inside);
  thimble_fill(bytes + before + inside, layer->input_zero, after);
  return thimble_widen(to, bytes, segment_bytes(layer), pixels);
}

static void gather(const thimble_window* window, uint32_t x, thimble_word* column, uint32_t pixels) {
  const thimble_layer* const layer = window->layer;
  const uint32_t bytes = segment_bytes(layer), words = (bytes + 1) / 2;
  const taps t = taps_of(layer, x);
  const int whole = t.last - t.first == layer->kernel_w;
  const uint32_t offset = t.column * layer->in_c;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    const int8_t* const row = window->rows[ky];
    if (row == NULL) {
      column = fill_words(column, 0x00010001u * (uint16_t)layer->input_zero, words, pixels);
    } else if (whole) {
      column = thimble_widen(column, row + offset, bytes, pixels);
    } else {
      column = border_segment(window, row, t, column, pixels);
    }
  }
}

uint32_t thimble_conv2d_s8_scratch(const thimble_layer* layer) {
  const uint32_t border = layer->in_c % 4 == 0 ? 0 : thimble_round_up(segment_bytes(layer), 8);
  return thimble_gemm_bytes(layer) + border;
}

static void conv_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_window window = {call->layer, rows, call->scratch};
  thimble_gemm_pixels(&window, output, 0, call->layer->out_w, gather);
}

void thimble_conv2d_s8(const thimble_call* call) { thimble_each_row(call, conv_row); }
