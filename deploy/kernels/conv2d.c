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

/* A segment that is partly padding; channels in fours go straight into the column, others are first put together. */
static void border_segment(const thimble_window* window, const int8_t* row, taps t, thimble_cursor* cursor) {
  const thimble_layer* const layer = window->layer;
  const uint32_t in_c = layer->in_c;
  const uint32_t before = t.first * in_c, inside = (t.last - t.first) * in_c;
  const uint32_t after = (layer->kernel_w - t.last) * in_c;
  if (in_c % 4 == 0) {
    thimble_put_segment(cursor, NULL, before, layer->input_zero);
    thimble_put_segment(cursor, row + t.column * in_c, inside, 0);
    thimble_put_segment(cursor, NULL, after, layer->input_zero);
    return;
  }
  int8_t* const bytes = (int8_t*)window->scratch + thimble_gemm_bytes(layer);
  thimble_fill(bytes, layer->input_zero, before);
  thimble_copy(bytes + before, row + t.column * in_c, inside);
  thimble_fill(bytes + before + inside, layer->input_zero, after);
  thimble_put_segment(cursor, bytes, before + inside + after, 0);
}

static void gather(const thimble_window* window, uint32_t x, thimble_cursor* cursor) {
  const thimble_layer* const layer = window->layer;
  const taps t = taps_of(layer, x);
  const int whole = t.last - t.first == layer->kernel_w;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    const int8_t* const row = window->rows[ky];
    if (row == NULL || whole) {
      thimble_put_segment(cursor, row == NULL ? NULL : row + t.column * layer->in_c, thimble_segment_bytes(layer),
                          layer->input_zero);
    } else {
      border_segment(window, row, t, cursor);
    }
  }
}

uint32_t thimble_conv2d_s8_scratch(const thimble_layer* layer) {
  const uint32_t border = layer->in_c % 4 == 0 ? 0 : thimble_round_up(thimble_segment_bytes(layer), 8);
  return thimble_gemm_bytes(layer) + border;
}

/* The first output at which a window begins at `column` or after it, counting columns from the padding's start. */
static uint32_t output_at(const thimble_layer* layer, int32_t column) {
  if (column <= 0) return 0;
  if (layer->stride_w <= 2) return ((uint32_t)column + layer->stride_w - 1u) >> (layer->stride_w - 1u);
  uint32_t x = 0;
  for (; column > 0; column -= layer->stride_w) ++x;
  return x;
}

static void conv_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t end = output_at(layer, layer->pad_left + layer->in_w - layer->kernel_w + 1);
  thimble_window window = {layer, rows, call->scratch, layer->out_w, output_at(layer, layer->pad_left), 0, gather};
  window.end = end < layer->out_w ? end : layer->out_w;
  thimble_gemm_pixels(&window, output);
}

void thimble_conv2d_s8(const thimble_call* call) { thimble_each_row(call, conv_row); }
