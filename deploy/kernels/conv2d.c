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

/* in_c a multiple of 4: the taps of a row go straight into the column. */
static void gather_words(const thimble_columns* columns, taps t, uint32_t pixel) {
  const thimble_layer* const layer = columns->layer;
  const uint32_t pixels = columns->pixels, in_c = layer->in_c, words = in_c / 2;
  const uint32_t zero = 0x00010001u * (uint16_t)layer->input_zero;
  thimble_word* to = columns->columns + pixel;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    const int8_t* const row = columns->rows[ky];
    if (row == NULL) {
      to = fill_words(to, zero, layer->kernel_w * words, pixels);
      continue;
    }
    to = fill_words(to, zero, t.first * words, pixels);
    to = thimble_widen(to, row + t.column * in_c, (t.last - t.first) * in_c, pixels);
    to = fill_words(to, zero, (layer->kernel_w - t.last) * words, pixels);
  }
}

static void gather_bytes(const thimble_columns* columns, taps t, uint32_t pixel) {
  const thimble_layer* const layer = columns->layer;
  const uint32_t in_c = layer->in_c;
  thimble_cursor cursor = thimble_cursor_at(columns->columns + pixel, columns->pixels);
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    const int8_t* const row = columns->rows[ky];
    if (row == NULL) {
      thimble_put_value(&cursor, layer->input_zero, layer->kernel_w * in_c);
      continue;
    }
    if (t.first != 0) thimble_put_value(&cursor, layer->input_zero, t.first * in_c);
    if (t.first != t.last) thimble_put_bytes(&cursor, row + t.column * in_c, (t.last - t.first) * in_c);
    if (t.last != layer->kernel_w) thimble_put_value(&cursor, layer->input_zero, (layer->kernel_w - t.last) * in_c);
  }
}

static void gather(const thimble_columns* columns, uint32_t x, uint32_t pixel) {
  const taps t = taps_of(columns->layer, x);
  if (columns->layer->in_c % 4 == 0) {
    gather_words(columns, t, pixel);
  } else {
    gather_bytes(columns, t, pixel);
  }
}

uint32_t thimble_conv2d_s8_scratch(const thimble_layer* layer) { return thimble_columns_bytes(layer); }

static void conv_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  thimble_gemm_row(layer, rows, output, call->scratch, gather);
}

void thimble_conv2d_s8(const thimble_call* call) { thimble_each_row(call, conv_row); }
