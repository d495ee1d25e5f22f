#include "lanes.h"

static int inside(uint32_t offset, uint32_t bytes, uint32_t arena_bytes) {
  return offset <= arena_bytes && bytes <= arena_bytes - offset;
}

/* height * width * channels, UINT32_MAX where that does not fit; without a long product, which Armv6-M has not. */
static uint32_t image_bytes(uint32_t height, uint32_t width, uint32_t channels) {
  const uint32_t row = width * channels;
  const uint32_t high = (row >> 16) * height, low = (row & 0xffffu) * height;
  return high + (low >> 16) > 0xffffu ? UINT32_MAX : row * height;
}

/* Every window touches the input, and no wider than the rows that a run holds. */
static int window_is_sound(uint32_t in, uint32_t out, uint32_t kernel, uint32_t stride, uint32_t pad) {
  if (in == 0 || out == 0 || kernel == 0 || stride == 0 || pad >= kernel) return 0;
  return (out - 1) * stride < in + pad;
}

/* Such a kernel checks nothing at run time, so its own check (thimble_kernel_entry) is for who takes layers from a
 * wire. */
static int has_no_window(const thimble_layer* layer) {
  return layer->in_h != 0 && layer->in_w != 0 && layer->out_h != 0 && layer->out_w != 0;
}

static int shape_is_sound(const thimble_layer* layer) {
  if (layer->kernel == NULL || layer->in_c == 0 || layer->out_c == 0) return 0;
  if (layer->operands != 1 && layer->operands != 2) return 0;
  if (layer->kernel_h > THIMBLE_MAX_KERNEL_H || layer->activation_min > layer->activation_max) return 0;
  if (((uintptr_t)layer->weights & 3u) != 0) return 0;
  if (layer->kernel_h == 0 && layer->kernel_w == 0) return has_no_window(layer);
  return window_is_sound(layer->in_h, layer->out_h, layer->kernel_h, layer->stride_h, layer->pad_top) &&
         window_is_sound(layer->in_w, layer->out_w, layer->kernel_w, layer->stride_w, layer->pad_left);
}

static int second_lies_in_arena(const thimble_layer* layer, uint32_t arena_bytes) {
  const uint32_t same = image_bytes(layer->out_h, layer->out_w, layer->out_c);
  const uint32_t bytes = layer->broadcast == THIMBLE_SAME ? same : layer->broadcast == THIMBLE_PIXEL ? layer->out_c : 1;
  return (layer->input2 & 3u) == 0 && inside(layer->input2, bytes, arena_bytes);
}

static int lies_in_arena(const thimble_layer* layer, uint32_t arena_bytes) {
  const uint32_t in_bytes = image_bytes(layer->in_h, layer->in_w, layer->in_c);
  const uint32_t out_bytes = image_bytes(layer->out_h, layer->out_w, layer->out_c);
  if (((layer->input | layer->output) & 3u) != 0 || (layer->scratch & 7u) != 0) return 0;
  if (layer->operands == 2 && !second_lies_in_arena(layer, arena_bytes)) return 0;
  return inside(layer->input, in_bytes, arena_bytes) && inside(layer->output, out_bytes, arena_bytes) &&
         inside(layer->scratch, layer->scratch_bytes, arena_bytes);
}

static int ring_is_sound(const thimble_layer* layer) {
  return thimble_ring_rows(layer) == layer->ring_rows && thimble_ring_bytes(layer) <= layer->scratch_bytes;
}

thimble_status thimble_prepare(const thimble_layer* layers, uint32_t count, const int8_t* arena, uint32_t arena_bytes) {
  if (((uintptr_t)arena & 7u) != 0) return THIMBLE_BAD_ARENA;
  for (uint32_t i = 0; i < count; ++i) {
    if (!shape_is_sound(layers + i)) return THIMBLE_BAD_LAYER;
    if (!lies_in_arena(layers + i, arena_bytes)) return THIMBLE_BAD_ARENA;
    if (!ring_is_sound(layers + i)) return THIMBLE_BAD_LAYER;
  }
  return THIMBLE_OK;
}
