#include "depthwise.h"

/* A row of the window as the planes take it: `pixels` advances by `step` bytes per column, 0 in a row of padding. */
typedef struct source {
  const int8_t* pixels;
  uint32_t step;
} source;

/* Bytes of four channels of a pixel as a word; where fewer exist, the others are 0. */
static inline uint32_t channels_at(const int8_t* pixel, uint32_t count) {
  if (count == 4) return *(const thimble_unaligned_word*)pixel;
  uint32_t word = 0;
  for (uint32_t i = 0; i < count; ++i) word |= (uint32_t)(uint8_t)pixel[i] << (8 * i);
  return word;
}

/* One column: the pixels `a` and `b` side by side, channel by channel. In assembly, since the compiler would pair the
 * stores, and STRD takes three cycles where two STR take two. */
static inline void store_pairs(thimble_word* to, uint32_t a, uint32_t b) {
#if THIMBLE_DSP
  uint32_t high;
  __asm__ volatile(
      "pkhtb %[high], %[b], %[a], asr #16\n"
      "pkhbt %[a], %[a], %[b], lsl #16\n"
      "sxtb16 %[b], %[a]\n"
      "sxtb16 %[a], %[a], ror #8\n"
      "str %[b], [%[to]]\n"
      "str %[a], [%[to], #4]\n"
      "sxtb16 %[b], %[high]\n"
      "sxtb16 %[high], %[high], ror #8\n"
      "str %[b], [%[to], #8]\n"
      "str %[high], [%[to], #12]\n"
      : [high] "=&r"(high), [a] "+&r"(a), [b] "+&r"(b)
      : [to] "r"(to)
      : "memory");
#else
  const uint32_t low = (a & 0xffffu) | b << 16, high = a >> 16 | (b & 0xffff0000u);
  to[0] = thimble_even_bytes(low);
  to[1] = thimble_odd_bytes(low);
  to[2] = thimble_even_bytes(high);
  to[3] = thimble_odd_bytes(high);
#endif
}

static thimble_word* fill_padding(thimble_word* to, uint32_t zero, uint32_t columns, uint32_t step) {
  for (; columns != 0; --columns, to += step) store_pairs(to, zero, zero);
  return to;
}

static inline thimble_word* fill_two_rows(source a, source b, uint32_t count, uint32_t columns, thimble_word* to,
                                          uint32_t step) {
  for (; columns != 0; --columns, to += step, a.pixels += a.step, b.pixels += b.step)
    store_pairs(to, channels_at(a.pixels, count), channels_at(b.pixels, count));
  return to;
}

/* Pairs of neighbouring columns; `next` follows the last one. */
static inline thimble_word* fill_last_row(source a, uint32_t count, uint32_t columns, uint32_t next, thimble_word* to,
                                          uint32_t step) {
  uint32_t current = channels_at(a.pixels, count);
  for (; columns > 1; --columns, to += step) {
    a.pixels += a.step;
    const uint32_t following = channels_at(a.pixels, count);
    store_pairs(to, current, following);
    current = following;
  }
  store_pairs(to, current, next);
  return to + step;
}

thimble_plane_layout thimble_plane_layout_of(const thimble_layer* layer) {
  const uint32_t columns = thimble_plane_columns(layer), before = layer->pad_left;
  const uint32_t room = columns - before;
  const uint32_t inside = room < layer->in_w ? room : layer->in_w;
  const thimble_plane_layout layout = {before, inside, room - inside, 4 * thimble_planes(layer),
                                       0x01010101u * (uint8_t)layer->input_zero};
  return layout;
}

static source source_of(const thimble_plane_layout* l, const thimble_layer* layer, const int8_t* row,
                        uint32_t channel) {
  const source padding = {(const int8_t*)&l->zero, 0}, pixels = {row + channel, layer->in_c};
  return row == NULL ? padding : pixels;
}

static void two_rows(const thimble_plane_layout* l, source a, source b, uint32_t count, thimble_word* to) {
  to = fill_padding(to, l->zero, l->before, l->step);
  to = count == 4 ? fill_two_rows(a, b, 4, l->inside, to, l->step) : fill_two_rows(a, b, count, l->inside, to, l->step);
  fill_padding(to, l->zero, l->after, l->step);
}

static void last_row(const thimble_plane_layout* l, source a, uint32_t count, thimble_word* to) {
  to = fill_padding(to, l->zero, l->before, l->step);
  if (l->before != 0) store_pairs(to - l->step, l->zero, channels_at(a.pixels, count));
  to = count == 4 ? fill_last_row(a, 4, l->inside, l->zero, to, l->step)
                  : fill_last_row(a, count, l->inside, l->zero, to, l->step);
  fill_padding(to, l->zero, l->after, l->step);
}

void thimble_fill_planes(const thimble_layer* layer, const thimble_plane_layout* layout, const int8_t* const* rows,
                         uint32_t channel, uint32_t count, thimble_word* planes) {
  uint32_t ky = 0;
  for (; ky + 2 <= layer->kernel_h; ky += 2, planes += 4) {
    const source a = source_of(layout, layer, rows[ky], channel), b = source_of(layout, layer, rows[ky + 1], channel);
    two_rows(layout, a, b, count, planes);
  }
  if (ky < layer->kernel_h) last_row(layout, source_of(layout, layer, rows[ky], channel), count, planes);
}
