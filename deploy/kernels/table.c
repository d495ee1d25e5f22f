#include "lanes.h"

static const thimble_kernel_entry entries[THIMBLE_KERNEL_COUNT] = {
    {"thimble_conv2d_s8", thimble_conv2d_s8, thimble_conv2d_s8_scratch},
    {"thimble_pointwise_s8", thimble_pointwise_s8, thimble_pointwise_s8_scratch},
    {"thimble_depthwise_s8", thimble_depthwise_s8, thimble_depthwise_s8_scratch},
    {"thimble_fully_connected_s8", thimble_fully_connected_s8, thimble_fully_connected_s8_scratch},
    {"thimble_add_s8", thimble_add_s8, thimble_add_s8_scratch},
    {"thimble_average_pool_s8", thimble_average_pool_s8, thimble_average_pool_s8_scratch},
    {"thimble_max_pool_s8", thimble_max_pool_s8, thimble_max_pool_s8_scratch},
    {"thimble_winograd_s8", thimble_winograd_s8, thimble_winograd_s8_scratch},
    {"thimble_mul_s8", thimble_mul_s8, thimble_mul_s8_scratch},
    {"thimble_mean_s8", thimble_mean_s8, thimble_no_scratch},
    {"thimble_lookup_s8", thimble_lookup_s8, thimble_no_scratch},
    {"thimble_softmax_s8", thimble_softmax_s8, thimble_no_scratch},
    {"thimble_pad_s8", thimble_pad_s8, thimble_no_scratch},
    {"thimble_transpose_s8", thimble_transpose_s8, thimble_no_scratch},
    {"thimble_resize_nearest_s8", thimble_resize_nearest_s8, thimble_no_scratch},
    {"thimble_concat_s8", thimble_concat_s8, thimble_no_scratch},
    {"thimble_mve_conv2d_s8", thimble_mve_conv2d_s8, thimble_mve_conv2d_s8_scratch},
    {"thimble_mve_pointwise_s8", thimble_mve_pointwise_s8, thimble_mve_pointwise_s8_scratch},
    {"thimble_mve_depthwise_s8", thimble_mve_depthwise_s8, thimble_mve_depthwise_s8_scratch},
};

uint32_t thimble_no_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

const thimble_kernel_entry* thimble_kernel_by_id(uint32_t id) {
  return id < THIMBLE_KERNEL_COUNT ? entries + id : NULL;
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
