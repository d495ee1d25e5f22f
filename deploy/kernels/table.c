#include "sound.h"

/* clang-format off */
#define ENTRY(kernel, scratch, sound, weights) \
  {"thimble_" #kernel "_s8", thimble_##kernel##_s8, thimble_##scratch, thimble_##sound##_sound, thimble_##weights##_weights}
static const thimble_kernel_entry entries[THIMBLE_KERNEL_COUNT] = {
    ENTRY(conv2d, conv2d_s8_scratch, gemm, gemm),
    ENTRY(pointwise, pointwise_s8_scratch, pointwise, gemm),
    ENTRY(depthwise, depthwise_s8_scratch, depthwise, depthwise),
    ENTRY(fully_connected, fully_connected_s8_scratch, fully_connected, gemm),
    ENTRY(add, add_s8_scratch, pair, add),
    ENTRY(average_pool, average_pool_s8_scratch, pool, no),
    ENTRY(max_pool, max_pool_s8_scratch, pool, no),
    ENTRY(winograd, winograd_s8_scratch, winograd, winograd),
    ENTRY(mul, mul_s8_scratch, pair, mul),
    ENTRY(mean, no_scratch, mean, mean),
    ENTRY(lookup, no_scratch, pixelwise, lookup),
    ENTRY(softmax, no_scratch, pixelwise, softmax),
    ENTRY(pad, no_scratch, pad, no),
    ENTRY(transpose, no_scratch, transpose, no),
    ENTRY(resize_nearest, no_scratch, resize_nearest, no),
    ENTRY(concat, no_scratch, concat, no),
    ENTRY(mve_conv2d, mve_conv2d_s8_scratch, gemm, mve),
    ENTRY(mve_pointwise, mve_pointwise_s8_scratch, pointwise, mve),
    ENTRY(mve_depthwise, mve_depthwise_s8_scratch, depthwise, mve_depthwise),
    ENTRY(small_depthwise, small_depthwise_s8_scratch, depthwise, depthwise),
    ENTRY(depthwise_3x3, depthwise_s8_scratch, depthwise_3x3, depthwise),
    ENTRY(depthwise_5x5, depthwise_s8_scratch, depthwise_5x5, depthwise),
    ENTRY(depthwise_7x7, depthwise_s8_scratch, depthwise_7x7, depthwise),
    ENTRY(depthwise_narrow, depthwise_s8_scratch, depthwise_narrow, depthwise),
    ENTRY(small_conv2d, small_conv2d_s8_scratch, gemm, gemm),
    ENTRY(depthwise_nine, depthwise_s8_scratch, depthwise_nine, depthwise),
};
/* clang-format on */

uint32_t thimble_no_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

const thimble_kernel_entry* thimble_kernel_by_id(uint32_t id) {
  return id < THIMBLE_KERNEL_COUNT ? entries + id : NULL;
}

/* Kernels keep tables of offsets in their scratch: no tensor may lie there. Sizes fit, since the layer is prepared. */
static int scratch_is_apart(const thimble_layer* layer) {
  const uint32_t begins[3] = {layer->input, layer->output, layer->operands == 2 ? layer->input2 : layer->input};
  const uint32_t in_bytes = (uint32_t)layer->in_h * layer->in_w * layer->in_c;
  const uint32_t out_bytes = (uint32_t)layer->out_h * layer->out_w * layer->out_c;
  const uint32_t second = layer->broadcast == THIMBLE_SAME ? out_bytes : layer->broadcast == THIMBLE_PIXEL ? layer->out_c : 1;
  const uint32_t bytes[3] = {in_bytes, out_bytes, layer->operands == 2 ? second : in_bytes};
  const uint32_t begin = layer->scratch, end = begin + layer->scratch_bytes;
  for (uint32_t i = 0; i < 3; ++i) {
    const int apart = end <= begins[i] || begins[i] + bytes[i] <= begin;
    if (!apart && begin != end) return 0;
  }
  return 1;
}

thimble_status thimble_check_layer(uint32_t id, const thimble_layer* layer, uint32_t weight_bytes, const int8_t* arena,
                                   uint32_t arena_bytes) {
  const thimble_kernel_entry* const entry = thimble_kernel_by_id(id);
  if (entry == NULL || entry->kernel != layer->kernel) return THIMBLE_BAD_LAYER;
  const thimble_status prepared = thimble_prepare(layer, 1, arena, arena_bytes);
  if (prepared != THIMBLE_OK) return prepared;
  if (!entry->sound(layer) || !scratch_is_apart(layer)) return THIMBLE_BAD_LAYER;
  const uint32_t ring = thimble_ring_bytes(layer), scratch = entry->scratch(layer), weights = entry->weight_bytes(layer);
  if (scratch > layer->scratch_bytes || ring > layer->scratch_bytes - scratch) return THIMBLE_BAD_LAYER;
  return weights > weight_bytes || (weights != 0 && layer->weights == NULL) ? THIMBLE_BAD_LAYER : THIMBLE_OK;
}

static int fits(const uint32_t* words, uint32_t count, uint32_t most) {
  uint32_t high = 0;
  for (uint32_t i = 0; i < count; ++i) high |= words[i] & ~most;
  return high == 0;
}

static int fits_s8(const uint32_t* words, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (words[i] != (uint32_t)(int32_t)(int8_t)words[i]) return 0;
  }
  return 1;
}

thimble_status thimble_layer_from_words(thimble_layer* layer, const uint32_t words[THIMBLE_LAYER_WORDS]) {
  const thimble_kernel_entry* const entry = thimble_kernel_by_id(words[0]);
  if (entry == NULL) return THIMBLE_BAD_LAYER;
  if (!fits(words + 6, 6, 0xffff) || !fits(words + 12, 12, 0xff) || !fits_s8(words + 24, 4)) return THIMBLE_BAD_LAYER;
  layer->weights = NULL;
  layer->kernel = entry->kernel;
  layer->input = words[1];
  layer->input2 = words[2];
  layer->output = words[3];
  layer->scratch = words[4];
  layer->scratch_bytes = words[5];
  layer->in_h = (uint16_t)words[6];
  layer->in_w = (uint16_t)words[7];
  layer->in_c = (uint16_t)words[8];
  layer->out_h = (uint16_t)words[9];
  layer->out_w = (uint16_t)words[10];
  layer->out_c = (uint16_t)words[11];
  layer->kernel_h = (uint8_t)words[12];
  layer->kernel_w = (uint8_t)words[13];
  layer->stride_h = (uint8_t)words[14];
  layer->stride_w = (uint8_t)words[15];
  layer->pad_top = (uint8_t)words[16];
  layer->pad_left = (uint8_t)words[17];
  layer->operands = (uint8_t)words[18];
  layer->ring_rows = (uint8_t)words[19];
  layer->relu = (uint8_t)words[20];
  layer->wide = (uint8_t)words[21];
  layer->broadcast = (uint8_t)words[22];
  layer->more_rows = (uint8_t)words[23];
  layer->input_zero = (int8_t)words[24];
  layer->output_zero = (int8_t)words[25];
  layer->activation_min = (int8_t)words[26];
  layer->activation_max = (int8_t)words[27];
  return THIMBLE_OK;
}

void thimble_layer_to_words(const thimble_layer* layer, uint32_t id, uint32_t words[THIMBLE_LAYER_WORDS]) {
  words[0] = id;
  words[1] = layer->input;
  words[2] = layer->input2;
  words[3] = layer->output;
  words[4] = layer->scratch;
  words[5] = layer->scratch_bytes;
  words[6] = layer->in_h;
  words[7] = layer->in_w;
  words[8] = layer->in_c;
  words[9] = layer->out_h;
  words[10] = layer->out_w;
  words[11] = layer->out_c;
  words[12] = layer->kernel_h;
  words[13] = layer->kernel_w;
  words[14] = layer->stride_h;
  words[15] = layer->stride_w;
  words[16] = layer->pad_top;
  words[17] = layer->pad_left;
  words[18] = layer->operands;
  words[19] = layer->ring_rows;
  words[20] = layer->relu;
  words[21] = layer->wide;
  words[22] = layer->broadcast;
  words[23] = layer->more_rows;
  words[24] = (uint32_t)(int32_t)layer->input_zero;
  words[25] = (uint32_t)(int32_t)layer->output_zero;
  words[26] = (uint32_t)(int32_t)layer->activation_min;
  words[27] = (uint32_t)(int32_t)layer->activation_max;
}
