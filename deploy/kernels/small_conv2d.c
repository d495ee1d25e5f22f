/* Convolutions, 1x1 ones and fully connected layers with little code: pairs of pixels alone, a last one twice. */
#include "gemm.h"

typedef struct context {
  const thimble_call* call;
  const thimble_layer* layer;
  const int8_t* rows[THIMBLE_MAX_KERNEL_H];
  thimble_gemm gemm;
  int8_t *tile, *padded; /* outputs of a pair, its window's inputs */
  uint32_t in_w, out_w;  /* pixels of a row */
} context;

static uint32_t columns_bytes(const thimble_layer* layer) { return thimble_round_up(8 * thimble_gemm_steps(layer), 8); }
static uint32_t tile_bytes(const thimble_layer* layer) {
  return layer->out_c % 4 == 0 ? 0 : thimble_round_up(2 * thimble_round_up(layer->out_c, 4), 8);
}
/* Of a row of inputs that two neighbouring windows cover. */
static uint32_t padded_row(const thimble_layer* layer) {
  return thimble_round_up((layer->kernel_w + (uint32_t)layer->stride_w) * layer->in_c, 4);
}
static int is_pixelwise(const thimble_layer* layer) {
  return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1;
}

uint32_t thimble_small_conv2d_s8_scratch(const thimble_layer* layer) {
  const uint32_t padded = is_pixelwise(layer) ? 0 : thimble_round_up(layer->kernel_h * padded_row(layer), 8);
  return columns_bytes(layer) + tile_bytes(layer) + padded;
}

static __attribute__((noinline)) void set_gemm(context* c) {
  const thimble_layer* const layer = c->layer;
  const uint32_t segment = thimble_segment_bytes(layer);
  thimble_gemm* const gemm = &c->gemm;
  gemm->weights = layer->weights;
  gemm->column = c->call->scratch;
  gemm->steps = thimble_gemm_steps(layer);
  gemm->blocks = (layer->out_c + 3u) / 4;
  gemm->mode = thimble_gemm_mode(layer);
  gemm->zero2 = 2 * layer->output_zero + 1;
  gemm->rows = c->rows;
  gemm->kernel_h = layer->kernel_h;
  gemm->next = (uint32_t)layer->stride_w * layer->in_c;
  gemm->rest = segment & 3;
  gemm->fours = segment - gemm->rest;
  gemm->zero = 0x00010001u * (uint16_t)layer->input_zero;
  gemm->tail = gemm->column + layer->kernel_h * gemm->fours;
  gemm->doublings = thimble_gemm_doublings(layer);
}

static void find_rows(context* c, int32_t top) {
  for (uint32_t i = 0; i < c->layer->kernel_h; ++i) c->rows[i] = thimble_row(&c->call->input, top + (int32_t)i);
}

/* Rows of `columns` inputs from `left` on, with the padding around them, in place of the rows. */
static void pad_rows(context* c, int32_t left, uint32_t columns) {
  const uint32_t in_c = c->layer->in_c, before = left < 0 ? (uint32_t)-left : 0, from = left < 0 ? 0 : (uint32_t)left;
  const uint32_t most = c->in_w - from, rest = columns - before, inside = rest < most ? rest : most;
  int8_t* to = c->padded;
  for (uint32_t i = 0; i < c->layer->kernel_h; ++i, to += padded_row(c->layer)) {
    if (c->rows[i] == NULL) continue;
    thimble_fill(to, c->layer->input_zero, columns * in_c);
    thimble_copy(to + before * in_c, c->rows[i] + from * in_c, inside * in_c);
    c->rows[i] = to;
  }
}

/* One pixel, or `pairs` pairs of them. */
static void compute(context* c, int8_t* output, uint32_t pixels, uint32_t pairs) {
  const uint32_t out_c = c->layer->out_c, next = c->gemm.next;
  const int through_tile = out_c % 4 != 0;
  c->gemm.output = through_tile ? c->tile : output;
  c->gemm.distance = pixels == 1 ? 0 : through_tile ? thimble_round_up(out_c, 4) : out_c;
  c->gemm.pairs = pairs;
  if (pixels == 1) c->gemm.next = 0;
  thimble_gemm_two(&c->gemm);
  c->gemm.next = next;
  if (!through_tile) return;
  thimble_copy(output, c->tile, out_c);
  if (pixels == 2) thimble_copy(output + out_c, c->tile + c->gemm.distance, out_c);
}

static __attribute__((noinline)) void compute_row(context* c, int32_t top, int8_t* output) {
  const thimble_layer* const layer = c->layer;
  const uint32_t stride = layer->stride_w;
  find_rows(c, top);
  for (uint32_t x = 0, pairs; x < c->out_w; x += 2 * pairs) {
    const uint32_t pixels = c->out_w - x >= 2 ? 2 : 1, columns = layer->kernel_w + (pixels - 1) * stride;
    const int32_t left = (int32_t)(x * stride) - layer->pad_left;
    uint32_t end = (uint32_t)left + columns;
    const int whole = left >= 0 && end <= c->in_w;
    pairs = 1;
    if (whole && layer->out_c % 4 == 0) {
      while ((end += 2 * stride) <= c->in_w && x + 2 * pairs + 2 <= c->out_w) ++pairs;
    }
    if (!whole) pad_rows(c, left, columns);
    c->gemm.offset = whole ? (uint32_t)left * layer->in_c : 0;
    compute(c, output + x * layer->out_c, pixels, pairs);
    if (!whole) find_rows(c, top);
  }
}

void thimble_small_conv2d_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  context c;
  c.call = call;
  c.layer = layer;
  set_gemm(&c);
  c.tile = (int8_t*)call->scratch + columns_bytes(layer);
  c.padded = c.tile + tile_bytes(layer);
  c.in_w = layer->in_w;
  c.out_w = layer->out_w;
  uint32_t rows = call->count;
  if (is_pixelwise(layer) && call->input.ring_rows == 0) { /* all rows are one */
    c.in_w = c.out_w = rows * c.out_w;
    rows = 1;
  }
  int32_t top = (int32_t)(call->first * layer->stride_h) - layer->pad_top;
  int8_t* output = call->output;
  for (; rows != 0; --rows, top += layer->stride_h, output += (uint32_t)layer->out_w * layer->out_c)
    compute_row(&c, top, output);
}
