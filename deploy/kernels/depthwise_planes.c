#include "depthwise.h"

/* A row of the window as the planes take it: `pixels` advances by `step` bytes per column, 0 in a row of padding. */
typedef struct source {
  const int8_t* pixels;
  uint32_t step;
} source;

/* Where columns go: `step` words from one to the next. */
typedef struct target {
  thimble_word* words;
  uint32_t step;
} target;

/* Bytes of `count` channels of a pixel as a word, the others 0. */
static uint32_t channels_at(const int8_t* pixel, uint32_t count) {
  if (count == 4) return *(const thimble_unaligned_word*)pixel;
  uint32_t word = 0;
  for (uint32_t i = 0; i < count; ++i) word |= (uint32_t)(uint8_t)pixel[i] << (8 * i);
  return word;
}

/* One column: the pixels `a` and `b` side by side, channel by channel. */
static void store_pairs(target* to, uint32_t a, uint32_t b) {
  const uint32_t low = (a & 0xffffu) | b << 16, high = a >> 16 | (b & 0xffff0000u);
  to->words[0] = thimble_even_bytes(low);
  to->words[1] = thimble_odd_bytes(low);
  to->words[2] = thimble_even_bytes(high);
  to->words[3] = thimble_odd_bytes(high);
  to->words += to->step;
}

static inline void fill_padding(target* to, uint32_t zero, uint32_t columns) {
  const uint32_t lanes = thimble_even_bytes(zero);
  for (; columns != 0; --columns, to->words += to->step)
    to->words[0] = to->words[1] = to->words[2] = to->words[3] = lanes;
}

#if THIMBLE_DSP

#define COLUMN                           \
  "ldr %[t0], [%[a]]\n"                  \
  "ldr %[t1], [%[b]]\n"                  \
  "add %[a], %[a], %[a_step]\n"          \
  "add %[b], %[b], %[b_step]\n"          \
  "pkhtb %[t2], %[t1], %[t0], asr #16\n" \
  "pkhbt %[t0], %[t0], %[t1], lsl #16\n" \
  "sxtb16 %[t1], %[t0]\n"                \
  "sxtb16 %[t0], %[t0], ror #8\n"        \
  "sxtb16 %[t3], %[t2]\n"                \
  "sxtb16 %[t2], %[t2], ror #8\n"        \
  "str %[t1], [%[to]]\n"                 \
  "str %[t0], [%[to], #4]\n"             \
  "str %[t3], [%[to], #8]\n"             \
  "str %[t2], [%[to], #12]\n"            \
  "add %[to], %[to], %[step], lsl #2\n"

/* Whole columns, the words of two pixels in each. In assembly, since the compiler would pair the stores, and STRD takes
 * three cycles where two STR take two. 18 cycles a column. */
static inline void store_columns(target* to, source a, source b, uint32_t columns) {
  uint32_t t0, t1, t2, t3;
  if (columns == 0) return;
  __asm__ volatile(
      "tst %[columns], #1\n"
      "bne 2f\n"
      "1:\n" COLUMN "2:\n" COLUMN
      "subs %[columns], %[columns], #2\n"
      "bgt 1b\n"
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [a] "+&r"(a.pixels), [b] "+&r"(b.pixels),
        [to] "+&r"(to->words), [columns] "+&r"(columns)
      : [a_step] "r"(a.step), [b_step] "r"(b.step), [step] "r"(to->step)
      : "cc", "memory");
}

#else

static inline void store_columns(target* to, source a, source b, uint32_t columns) {
  for (; columns != 0; --columns, a.pixels += a.step, b.pixels += b.step)
    store_pairs(to, channels_at(a.pixels, 4), channels_at(b.pixels, 4));
}

#endif

/* Columns of two rows, or of neighbouring pixels of one. */
static inline void fill_inside(target* to, source a, source b, uint32_t count, uint32_t columns) {
  if (count == 4) {
    store_columns(to, a, b, columns);
    return;
  }
  for (; columns != 0; --columns, a.pixels += a.step, b.pixels += b.step)
    store_pairs(to, channels_at(a.pixels, count), channels_at(b.pixels, count));
}

thimble_plane_layout thimble_plane_layout_of(const thimble_layer* layer) {
  const uint32_t columns = (layer->out_w - 1u) * layer->stride_w + layer->kernel_w, before = layer->pad_left;
  const uint32_t room = columns - before;
  const uint32_t inside = room < layer->in_w ? room : layer->in_w;
  const thimble_plane_layout layout = {before, inside, room - inside, 4 * thimble_planes(layer),
                                       0x01010101u * (uint8_t)layer->input_zero};
  return layout;
}

static inline source source_of(const thimble_plane_layout* l, const thimble_layer* layer, const int8_t* row,
                               uint32_t channel) {
  const source padding = {(const int8_t*)&l->zero, 0}, pixels = {row + channel, layer->in_c};
  return row == NULL ? padding : pixels;
}

static inline void two_rows(const thimble_plane_layout* l, source a, source b, uint32_t count, target to) {
  fill_padding(&to, l->zero, l->before);
  fill_inside(&to, a, b, count, l->inside);
  fill_padding(&to, l->zero, l->after);
}

/* Each column has its right neighbour in the upper half; the last one's meets a zero weight, or is padding. */
static inline void last_row(const thimble_plane_layout* l, source a, uint32_t count, target to) {
  const source next = {a.pixels + a.step, a.step};
  const int8_t* const last = a.pixels + (l->inside - 1) * a.step;
  if (l->before != 0) {
    fill_padding(&to, l->zero, l->before - 1);
    store_pairs(&to, l->zero, channels_at(a.pixels, count));
  }
  fill_inside(&to, a, next, count, l->inside - 1);
  store_pairs(&to, channels_at(last, count), l->zero);
  fill_padding(&to, l->zero, l->after);
}

void thimble_fill_planes(const thimble_layer* layer, const thimble_plane_layout* layout, const int8_t* const* rows,
                         uint32_t channel, uint32_t count, thimble_word* planes) {
  target to = {planes, layout->step};
  uint32_t ky = 0;
  for (; ky + 2 <= layer->kernel_h; ky += 2, to.words += 4) {
    const source a = source_of(layout, layer, rows[ky], channel), b = source_of(layout, layer, rows[ky + 1], channel);
    two_rows(layout, a, b, count, to);
  }
  if (ky < layer->kernel_h) last_row(layout, source_of(layout, layer, rows[ky], channel), count, to);
}
