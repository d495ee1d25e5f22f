#include "gemm.h"

static uint32_t column_pixels(const thimble_layer* layer) {
  return layer->wide || (uint32_t)layer->out_h * layer->out_w > 1 ? 2 : 1;
}
static uint32_t columns_bytes(const thimble_layer* layer) {
  return thimble_round_up(4 * thimble_gemm_steps(layer) * column_pixels(layer), 8);
}

/* Outputs go through a tile where the last block has channels that the layer has not. */
static uint32_t tile_bytes(const thimble_layer* layer) {
  return layer->out_c % 4 == 0 ? 0 : thimble_round_up(2 * thimble_round_up(layer->out_c, 4), 8);
}

uint32_t thimble_gemm_bytes(const thimble_layer* layer) { return columns_bytes(layer) + tile_bytes(layer); }

thimble_gemm thimble_gemm_of(const thimble_layer* layer, void* scratch) {
  thimble_gemm gemm;
  gemm.weights = layer->weights;
  gemm.column = scratch;
  gemm.steps = thimble_gemm_steps(layer);
  gemm.output = NULL;
  gemm.distance = layer->out_c;
  gemm.blocks = (layer->out_c + 3u) / 4;
  gemm.mode = layer->wide ? THIMBLE_GEMM_WIDE : layer->relu ? THIMBLE_GEMM_RELU : THIMBLE_GEMM_ANY;
  gemm.input = NULL;
  gemm.pairs = 1;
  gemm.zero2 = 2 * layer->output_zero + 1;
  return gemm;
}

static inline uint32_t rest_of(const int8_t* end, uint32_t rest, uint32_t count) {
  if (count >= 4) return *(const thimble_unaligned_word*)(end - 4) >> (32 - 8 * rest);
  uint32_t word = 0;
  for (uint32_t i = 1; i <= rest; ++i) word = word << 8 | (uint8_t) * (end - i);
  return word;
}

static inline thimble_word* widen(thimble_word* to, const int8_t* from, uint32_t count, uint32_t pixels) {
  const thimble_unaligned_word* words = (const thimble_unaligned_word*)from;
  if ((count & 4) != 0) {
    const uint32_t word = *words++;
    to[0] = thimble_even_bytes(word);
    to[pixels] = thimble_odd_bytes(word);
    to += 2 * pixels;
  }
  for (uint32_t left = count / 8; left != 0; --left, words += 2) {
    const uint32_t first = words[0], second = words[1];
    to[0] = thimble_even_bytes(first);
    to[pixels] = thimble_odd_bytes(first);
    to[2 * pixels] = thimble_even_bytes(second);
    to[3 * pixels] = thimble_odd_bytes(second);
    to += 4 * pixels;
  }
  const uint32_t rest = count & 3;
  if (rest == 0) return to;
  const uint32_t word = rest_of(from + count, rest, count);
  const uint32_t even = thimble_even_bytes(word), odd = thimble_odd_bytes(word);
  to[0] = rest == 2 ? even | odd << 16 : even;
  if (rest == 3) to[pixels] = odd;
  return to + (rest + 1) / 2 * pixels;
}

thimble_word* thimble_widen(thimble_word* to, const int8_t* from, uint32_t count, uint32_t pixels) {
  return pixels == 2 ? widen(to, from, count, 2) : widen(to, from, count, 1);
}

/* One or two pixels; a wide layer's single one is computed twice. */
static void compute(const thimble_layer* layer, thimble_gemm* gemm, int8_t* output, uint32_t pixels) {
  const uint32_t padded = 4 * gemm->blocks;
  int8_t* const tile = (int8_t*)gemm->column + columns_bytes(layer);
  const int through_tile = layer->out_c % 4 != 0;
  gemm->output = through_tile ? tile : output;
  gemm->distance = pixels == 1 ? 0 : through_tile ? padded : layer->out_c;
  if (pixels == 2 || layer->wide) {
    thimble_gemm_two(gemm);
  } else {
    thimble_gemm_one(gemm);
  }
  if (!through_tile) return;
  thimble_copy(output, tile, layer->out_c);
  if (pixels == 2) thimble_copy(output + layer->out_c, tile + padded, layer->out_c);
}

void thimble_gemm_pixels(const thimble_window* window, int8_t* output, uint32_t first, uint32_t end,
                         thimble_gather gather) {
  const thimble_layer* const layer = window->layer;
  thimble_gemm gemm = thimble_gemm_of(layer, window->scratch);
  uint32_t x = first;
  for (; x + 2 <= end; x += 2, output += 2u * layer->out_c) {
    gather(window, x, gemm.column, 2);
    gather(window, x + 1, gemm.column + 1, 2);
    compute(layer, &gemm, output, 2);
  }
  if (x == end) return;
  gather(window, x, gemm.column, layer->wide ? 2 : 1);
  if (layer->wide) gather(window, x, gemm.column + 1, 2);
  compute(layer, &gemm, output, 1);
}
