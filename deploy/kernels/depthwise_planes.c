#include "depthwise.h"

/* Bytes of four channels of a pixel as a word; where fewer exist, the others are 0. */
static uint32_t channels_at(const int8_t* pixel, uint32_t count) {
  if (count == 4) return *(const thimble_unaligned_word*)pixel;
  uint32_t word = 0;
  for (uint32_t i = 0; i < count; ++i) word |= (uint32_t)(uint8_t)pixel[i] << (8 * i);
  return word;
}

/* One column of four planes: the pixels `a` and `b` side by side, channel by channel. */
static void store_pairs(thimble_word* to, uint32_t plane_words, uint32_t a, uint32_t b) {
  const uint32_t low = (a & 0xffffu) | b << 16, high = a >> 16 | (b & 0xffff0000u);
  to[0] = thimble_even_bytes(low);
  to[plane_words] = thimble_odd_bytes(low);
  to[2 * plane_words] = thimble_even_bytes(high);
  to[3 * plane_words] = thimble_odd_bytes(high);
}

/* A row of pixels with its padding: word `x` of it, x from 0 at the left edge of the padding. */
typedef struct source {
  const int8_t* pixels; /* NULL: all padding */
  uint32_t zero;
  uint32_t in_c, count;
  int32_t in_w;
} source;

static uint32_t word_at(const source* s, int32_t x) {
  if (s->pixels == NULL || x < 0 || x >= s->in_w) return s->zero;
  return channels_at(s->pixels + (uint32_t)x * s->in_c, s->count);
}

static void fill_two_rows(const source* a, const source* b, int32_t left, uint32_t columns, uint32_t plane_words,
                          thimble_word* to) {
  for (uint32_t i = 0; i < columns; ++i) {
    const int32_t x = left + (int32_t)i;
    store_pairs(to + i, plane_words, word_at(a, x), word_at(b, x));
  }
}

static void fill_last_row(const source* a, int32_t left, uint32_t columns, uint32_t plane_words, thimble_word* to) {
  uint32_t current = word_at(a, left);
  for (uint32_t i = 0; i < columns; ++i) {
    const uint32_t next = word_at(a, left + (int32_t)i + 1);
    store_pairs(to + i, plane_words, current, next);
    current = next;
  }
}

void thimble_fill_planes(const thimble_layer* layer, const int8_t* const* rows, uint32_t channel, uint32_t count,
                         thimble_word* planes) {
  const uint32_t columns = thimble_plane_columns(layer), plane_words = thimble_planes(layer) * columns;
  source a = {NULL, 0x01010101u * (uint8_t)layer->input_zero, layer->in_c, count, layer->in_w};
  source b = a;
  uint32_t ky = 0;
  for (; ky + 2 <= layer->kernel_h; ky += 2, planes += columns) {
    a.pixels = rows[ky] == NULL ? NULL : rows[ky] + channel;
    b.pixels = rows[ky + 1] == NULL ? NULL : rows[ky + 1] + channel;
    fill_two_rows(&a, &b, -(int32_t)layer->pad_left, columns, plane_words, planes);
  }
  if (ky == layer->kernel_h) return;
  a.pixels = rows[ky] == NULL ? NULL : rows[ky] + channel;
  fill_last_row(&a, -(int32_t)layer->pad_left, columns, plane_words, planes);
}
