#include "gemm.h"

static uint32_t column_pixels(const thimble_layer* layer) {
  return thimble_gemm_is_wide(layer) || (uint32_t)layer->out_h * layer->out_w > 1 ? 2 : 1;
}
static uint32_t columns_bytes(const thimble_layer* layer) {
  return thimble_round_up(4 * thimble_gemm_steps(layer) * column_pixels(layer), 8);
}

/* Outputs go through a tile where the last block has channels that the layer has not. */
static uint32_t tile_bytes(const thimble_layer* layer) {
  return layer->out_c % 4 == 0 ? 0 : thimble_round_up(2 * thimble_round_up(layer->out_c, 4), 8);
}

uint32_t thimble_gemm_bytes(const thimble_layer* layer) { return columns_bytes(layer) + tile_bytes(layer); }

thimble_gemm thimble_gemm_of(const thimble_window* window) {
  const thimble_layer* const layer = window->layer;
  const uint32_t segment = thimble_segment_bytes(layer), rest = segment & 3;
  thimble_gemm gemm;
  gemm.weights = layer->weights;
  gemm.column = window->scratch;
  gemm.steps = thimble_gemm_steps(layer);
  gemm.output = NULL;
  gemm.distance = layer->out_c;
  gemm.blocks = (layer->out_c + 3u) / 4;
  gemm.mode = thimble_gemm_mode(layer);
  gemm.pairs = 1;
  gemm.zero2 = 2 * layer->output_zero + 1;
  gemm.rows = window->rows;
  gemm.kernel_h = layer->kernel_h;
  gemm.offset = 0;
  gemm.next = (uint32_t)layer->stride_w * layer->in_c;
  gemm.fours = segment - rest;
  gemm.rest = rest;
  gemm.zero = 0x00010001u * (uint16_t)layer->input_zero;
  gemm.tail = gemm.column + layer->kernel_h * gemm.fours;
  gemm.doublings = thimble_gemm_doublings(layer);
  return gemm;
}

/* One pixel's fours, 16 inputs at a time in 25 cycles, where the compiler takes 38; moves `from` on. */
static thimble_word* widen_sixteens(thimble_word* to, const int8_t** from, uint32_t count) {
#if THIMBLE_DSP
  const int8_t* at = *from;
  const int8_t* const end = at + (count & ~15u);
  uint32_t a, b, c, d, even;
  if (at == end) return to;
  __asm__ volatile(
      "1:\n"
      "ldr %[a], [%[at]], #4\n"
      "ldr %[b], [%[at]], #4\n"
      "ldr %[c], [%[at]], #4\n"
      "ldr %[d], [%[at]], #4\n"
      "sxtb16 %[even], %[a]\n"
      "sxtb16 %[a], %[a], ror #8\n"
      "str %[even], [%[to]], #4\n"
      "str %[a], [%[to]], #4\n"
      "sxtb16 %[even], %[b]\n"
      "sxtb16 %[b], %[b], ror #8\n"
      "str %[even], [%[to]], #4\n"
      "str %[b], [%[to]], #4\n"
      "sxtb16 %[even], %[c]\n"
      "sxtb16 %[c], %[c], ror #8\n"
      "str %[even], [%[to]], #4\n"
      "str %[c], [%[to]], #4\n"
      "sxtb16 %[even], %[d]\n"
      "sxtb16 %[d], %[d], ror #8\n"
      "str %[even], [%[to]], #4\n"
      "str %[d], [%[to]], #4\n"
      "cmp %[at], %[end]\n"
      "bne 1b\n"
      : [at] "+r"(at), [to] "+r"(to), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [even] "=&r"(even)
      : [end] "r"(end)
      : "memory", "cc");
  *from = end;
#else
  (void)from;
  (void)count;
#endif
  return to;
}

static inline thimble_word* widen(thimble_word* to, const int8_t* from, uint32_t count, uint32_t pixels) {
  const thimble_unaligned_word* words = (const thimble_unaligned_word*)from;
  if ((count & 4) != 0) {
    const uint32_t word = *words++;
    to[0] = thimble_even_bytes(word);
    to[pixels] = thimble_odd_bytes(word);
    to += 2 * pixels;
  }
  const thimble_unaligned_word* const end = words + count / 8 * 2;
  for (; words != end; words += 2) {
    const uint32_t first = words[0], second = words[1];
    to[0] = thimble_even_bytes(first);
    to[pixels] = thimble_odd_bytes(first);
    to[2 * pixels] = thimble_even_bytes(second);
    to[3 * pixels] = thimble_odd_bytes(second);
    to += 4 * pixels;
  }
  return to;
}

static void put_half(thimble_cursor* cursor, int32_t value) {
  *cursor->half = (int16_t)value;
  cursor->half += ((uintptr_t)cursor->half & 2u) != 0 ? 2 * cursor->pixels - 1 : 1;
}

void thimble_put_segment(thimble_cursor* cursor, const int8_t* from, uint32_t count, int32_t zero) {
  const uint32_t fours = count & ~3u;
  if (from == NULL) {
    for (uint32_t i = 0; i < fours; i += 2, cursor->word += cursor->pixels)
      *cursor->word = 0x00010001u * (uint16_t)zero;
    for (uint32_t i = fours; i < count; ++i) put_half(cursor, zero);
    return;
  }
  if (cursor->pixels == 2) {
    cursor->word = widen(cursor->word, from, fours, 2);
  } else {
    const int8_t* at = from;
    thimble_word* const word = widen_sixteens(cursor->word, &at, fours);
    cursor->word = widen(word, at, fours - (uint32_t)(at - from), 1);
  }
  for (uint32_t i = fours; i < count; ++i) put_half(cursor, from[i]);
}

/* Fills the column of the pixel whose segments are at gemm->offset, as number `pixel` of `pixels`. */
static void gather(const thimble_gemm* gemm, uint32_t pixel, uint32_t pixels) {
  thimble_cursor cursor;
  cursor.word = gemm->column + pixel;
  cursor.half = (int16_t __attribute__((may_alias))*)(gemm->column + gemm->kernel_h * gemm->fours / 2 * pixels + pixel);
  cursor.pixels = pixels;
  for (uint32_t i = 0; i < gemm->kernel_h; ++i) {
    const int8_t* const row = gemm->rows[i];
    thimble_put_segment(&cursor, row == NULL ? NULL : row + gemm->offset, gemm->fours + gemm->rest,
                        (int16_t)gemm->zero);
  }
}

/* One or two pixels; a wide layer's single one is computed twice. */
static void compute(const thimble_layer* layer, thimble_gemm* gemm, int8_t* output, uint32_t pixels) {
  const uint32_t padded = 4 * gemm->blocks;
  int8_t* const tile = (int8_t*)gemm->column + columns_bytes(layer);
  const int through_tile = layer->out_c % 4 != 0;
  gemm->output = through_tile ? tile : output;
  gemm->distance = pixels == 1 ? 0 : through_tile ? padded : layer->out_c;
  if (pixels == 2 || thimble_gemm_is_wide(layer)) {
    thimble_gemm_two(gemm);
  } else {
    thimble_gemm_one(gemm);
  }
  if (!through_tile) return;
  thimble_copy(output, tile, layer->out_c);
  if (pixels == 2) thimble_copy(output + layer->out_c, tile + padded, layer->out_c);
}

/* `pairs` pairs of pixels; gemm->offset is that of the first. */
static void compute_pairs(const thimble_layer* layer, thimble_gemm* gemm, int8_t* output, uint32_t pairs) {
  const uint32_t at_once = layer->out_c % 4 == 0 ? pairs : 1;
  gemm->pairs = at_once;
  for (; pairs != 0; pairs -= at_once, gemm->offset += 2 * gemm->next, output += 2u * layer->out_c)
    compute(layer, gemm, output, 2);
}

static void compute_single(const thimble_layer* layer, thimble_gemm* gemm, int8_t* output) {
  const int8_t* const* const rows = gemm->rows;
  const uint32_t next = gemm->next;
  const uint32_t pixels = thimble_gemm_is_wide(layer) ? 2 : 1;
  for (uint32_t pixel = 0; pixel < pixels; ++pixel) gather(gemm, pixel, pixels);
  thimble_gemm_double(gemm->column, pixels * gemm->steps, gemm->doublings);
  gemm->rows = NULL;
  gemm->pairs = 1;
  gemm->offset = gemm->next = 0;
  compute(layer, gemm, output, 1);
  gemm->rows = rows;
  gemm->next = next;
}

void thimble_gemm_pixels(const thimble_window* window, int8_t* output) {
  const thimble_layer* const layer = window->layer;
  const uint32_t out_c = layer->out_c;
  thimble_gemm gemm = thimble_gemm_of(window);
  uint32_t x = 0;
  while (x < window->width) {
    const uint32_t pixels = window->width - x >= 2 ? 2 : 1;
    const int whole = x >= window->first && x + pixels <= window->end;
    const uint32_t pairs = pixels == 2 && whole ? (window->end - x) / 2 : 1;
    gemm.offset = whole ? x * gemm.next - layer->pad_left * layer->in_c : 0;
    if (!whole) window->pad(window, x, pixels);
    if (pixels == 2) {
      compute_pairs(layer, &gemm, output + x * out_c, pairs);
    } else {
      compute_single(layer, &gemm, output + x * out_c);
    }
    if (!whole) window->restore(window);
    x += pixels * pairs;
  }
}
