#include "gemm.h"

/* What is hot is assembly. */
#if defined(__arm__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

static void find_rows(const thimble_window* window) {
  for (uint32_t i = 0; i < window->layer->kernel_h; ++i)
    window->rows[i] = thimble_row(&window->call->input, window->top + (int32_t)i);
}

/* Columns that the windows of some neighbours cover. */
static uint32_t columns_of(const thimble_layer* layer, uint32_t pixels) {
  return layer->kernel_w + (pixels - 1u) * layer->stride_w;
}

static void pad_rows(const thimble_window* window, uint32_t x, uint32_t pixels) {
  const thimble_layer* const layer = window->layer;
  const int32_t left = (int32_t)(x * layer->stride_w) - layer->pad_left;
  const uint32_t columns = columns_of(layer, pixels), in_c = layer->in_c;
  const uint32_t before = left < 0 ? (uint32_t)-left : 0, from = left < 0 ? 0 : (uint32_t)left;
  const uint32_t most = layer->in_w - from, rest = columns - before;
  const uint32_t inside = rest < most ? rest : most;
  int8_t* to = (int8_t*)window->scratch + thimble_gemm_bytes(layer);
  for (uint32_t i = 0; i < layer->kernel_h; ++i, to += thimble_round_up(columns * in_c, 4)) {
    const int8_t* const row = window->rows[i];
    if (row == NULL) continue;
    thimble_fill(to, layer->input_zero, before * in_c);
    thimble_copy(to + before * in_c, row + from * in_c, inside * in_c);
    thimble_fill(to + (before + inside) * in_c, layer->input_zero, (rest - inside) * in_c);
    window->rows[i] = to;
  }
}

/* The first output at which a window begins at `column` or after it, counting columns from the padding's start. */
static uint32_t output_at(const thimble_layer* layer, int32_t column) {
  if (column <= 0) return 0;
  if (layer->stride_w <= 2) return ((uint32_t)column + layer->stride_w - 1u) >> (layer->stride_w - 1u);
  uint32_t x = 0;
  for (; column > 0; column -= layer->stride_w) ++x;
  return x;
}

static uint32_t first_whole(const thimble_layer* layer) { return output_at(layer, layer->pad_left); }
static uint32_t end_of_whole(const thimble_layer* layer) {
  const uint32_t end = output_at(layer, layer->pad_left + layer->in_w - layer->kernel_w + 1);
  return end < layer->out_w ? end : layer->out_w;
}

uint32_t thimble_conv2d_s8_scratch(const thimble_layer* layer) {
  if (thimble_gemm_is_few(layer)) return thimble_conv2d_few_scratch(layer);
  const int pads = first_whole(layer) != 0 || end_of_whole(layer) != layer->out_w;
  const uint32_t row = thimble_round_up(columns_of(layer, 2) * layer->in_c, 4);
  return thimble_gemm_bytes(layer) + (pads ? thimble_round_up(layer->kernel_h * row, 8) : 0);
}

#if THIMBLE_QUAD
/* 1x1 with a stride. */
static int is_in_fours(const thimble_window* window) {
  const thimble_layer* const layer = window->layer;
  return layer->kernel_h == 1 && layer->kernel_w == 1 && (layer->in_c == 8 || layer->in_c == 16) &&
         layer->out_c % 4 == 0 && layer->wide == THIMBLE_GEMM_FORM_NARROW && window->width % 4 == 0 &&
         window->first == 0 && window->end == window->width;
}

static void compute_fours(const thimble_window* window, int8_t* output) {
  thimble_gemm gemm = thimble_gemm_of(window);
  gemm.output = output;
  gemm.pairs = window->width / 4;
  thimble_gemm_four(&gemm);
}
#endif

typedef void (*row_function)(const thimble_window* window, int8_t* output);

static row_function row_function_of(const thimble_window* window) {
  if (thimble_gemm_is_few(window->layer)) return thimble_conv2d_few;
#if THIMBLE_QUAD
  if (is_in_fours(window)) return compute_fours;
#endif
  return thimble_gemm_pixels;
}

void thimble_conv2d_s8(const thimble_call* call) {
  const int8_t* rows[THIMBLE_MAX_KERNEL_H];
  const thimble_layer* const layer = call->layer;
  thimble_window window = {layer,
                           rows,
                           call->scratch,
                           layer->out_w,
                           first_whole(layer),
                           end_of_whole(layer),
                           pad_rows,
                           find_rows,
                           call,
                           (int32_t)(call->first * layer->stride_h) - layer->pad_top};
  const row_function compute = row_function_of(&window);
  int8_t* output = call->output;
  for (uint32_t left = call->count; left != 0; --left, window.top += layer->stride_h) {
    find_rows(&window);
    compute(&window, output);
    output += (uint32_t)layer->out_w * layer->out_c;
  }
}
