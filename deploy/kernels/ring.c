#include "lanes.h"

static uint32_t input_row_bytes(const thimble_layer* layer) { return (uint32_t)layer->in_w * layer->in_c; }
static uint32_t output_row_bytes(const thimble_layer* layer) { return (uint32_t)layer->out_w * layer->out_c; }

static int disjoint(uint32_t a, uint32_t a_bytes, uint32_t b, uint32_t b_bytes) {
  return a + a_bytes <= b || b + b_bytes <= a;
}

/* Pixel by pixel: what is written never reaches what is still to be read. */
static int reads_ahead(const thimble_layer* layer, uint32_t input) {
  const int pixelwise = layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1;
  const int no_larger = layer->out_h <= layer->in_h && layer->out_w <= layer->in_w && layer->out_c <= layer->in_c;
  return pixelwise && no_larger && layer->output == input;
}

/* Add, mul: each operand is disjoint from the output or, if it has all its elements, lies exactly where it does. */
static int32_t two_operands_ring_rows(const thimble_layer* layer, uint32_t bytes) {
  const int same = layer->broadcast == THIMBLE_SAME;
  const uint32_t second = same ? bytes : layer->broadcast == THIMBLE_PIXEL ? layer->out_c : 1u;
  if (!disjoint(layer->input, bytes, layer->output, bytes) && layer->input != layer->output) return -1;
  if (!disjoint(layer->input2, second, layer->output, bytes) && !(same && layer->input2 == layer->output)) return -1;
  return 0;
}

/* Weak, so that who checks a plan need not link the kernels. */
extern void thimble_depthwise_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_small_depthwise_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_depthwise_3x3_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_depthwise_5x5_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_depthwise_7x7_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_depthwise_narrow_s8(const thimble_call* call) __attribute__((weak));
extern void thimble_depthwise_nine_s8(const thimble_call* call) __attribute__((weak));

static int is_depthwise(const thimble_layer* layer) {
  const thimble_kernel kernel = layer->kernel;
  return kernel != NULL && (kernel == thimble_depthwise_s8 || kernel == thimble_small_depthwise_s8 ||
                            kernel == thimble_depthwise_3x3_s8 || kernel == thimble_depthwise_5x5_s8 ||
                            kernel == thimble_depthwise_7x7_s8 || kernel == thimble_depthwise_narrow_s8 ||
                            kernel == thimble_depthwise_nine_s8);
}

/* Depthwise reads every input row once per channel, before it writes an output row over it, as long as no output row
 * ends behind its window. */
static int reads_before_it_writes(const thimble_layer* layer) {
  if (!is_depthwise(layer) || layer->in_c != layer->out_c || layer->output != layer->input) return 0;
  for (uint32_t y = 0; y < layer->out_h; ++y) {
    const uint32_t window_end = y * layer->stride_h + layer->kernel_h - layer->pad_top;
    if (window_end >= layer->in_h) return 1;
    if ((y + 1) * layer->out_w > window_end * layer->in_w) return 0;
  }
  return 1;
}

int32_t thimble_ring_rows(const thimble_layer* layer) {
  const uint32_t in_row = input_row_bytes(layer), out_row = output_row_bytes(layer);
  if (layer->operands == 2) return two_operands_ring_rows(layer, out_row * layer->out_h);
  if (disjoint(layer->input, in_row * layer->in_h, layer->output, out_row * layer->out_h)) return 0;
  if (layer->kernel_h == 0) return -1;
  if (reads_ahead(layer, layer->input) || reads_before_it_writes(layer)) return 0;
  if (layer->output > layer->input) return -1;
  uint32_t most = 0, saved = 0;
  for (uint32_t y = 0; y < layer->out_h; y += 1u + layer->more_rows) {
    const uint32_t rows = y + 1 + layer->more_rows < layer->out_h ? y + 1 + layer->more_rows : layer->out_h;
    const uint32_t end = layer->output + rows * out_row;
    while (saved < layer->in_h && layer->input + saved * in_row < end) ++saved;
    const int32_t first = (int32_t)(y * layer->stride_h) - layer->pad_top;
    const uint32_t needed = first < 0 ? 0 : (uint32_t)first;
    if (saved > needed && saved - needed > most) most = saved - needed;
  }
  /* Channel by channel over all rows it would not do: row by row, then. */
  if (most == 0 && (is_depthwise(layer) || layer->broadcast == THIMBLE_PIXEL)) most = 1;
  return most > THIMBLE_MAX_KERNEL_H ? -1 : (int32_t)most;
}

uint32_t thimble_ring_bytes(const thimble_layer* layer) {
  return layer->ring_rows == 0 ? 0
                               : thimble_round_up(layer->ring_rows * thimble_round_up(input_row_bytes(layer), 4), 8);
}
