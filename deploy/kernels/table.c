#include "lanes.h"

static const thimble_kernel_entry entries[THIMBLE_KERNEL_COUNT] = {
    {"thimble_conv2d_s8", thimble_conv2d_s8, thimble_conv2d_s8_scratch},
    {"thimble_pointwise_s8", thimble_pointwise_s8, thimble_pointwise_s8_scratch},
    {"thimble_depthwise_s8", thimble_depthwise_s8, thimble_depthwise_s8_scratch},
    {"thimble_fully_connected_s8", thimble_fully_connected_s8, thimble_fully_connected_s8_scratch},
    {"thimble_add_s8", thimble_add_s8, thimble_add_s8_scratch},
    {"thimble_average_pool_s8", thimble_average_pool_s8, thimble_average_pool_s8_scratch},
    {"thimble_max_pool_s8", thimble_max_pool_s8, thimble_max_pool_s8_scratch},
};

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
  if (!fits(words + 6, 6, 0xffff) || !fits(words + 12, 9, 0xff) || !fits_s8(words + 21, 4)) return THIMBLE_BAD_LAYER;
  const thimble_layer result = {
      .kernel = entry->kernel,
      .input = words[1],
      .input2 = words[2],
      .output = words[3],
      .scratch = words[4],
      .scratch_bytes = words[5],
      .in_h = (uint16_t)words[6],
      .in_w = (uint16_t)words[7],
      .in_c = (uint16_t)words[8],
      .out_h = (uint16_t)words[9],
      .out_w = (uint16_t)words[10],
      .out_c = (uint16_t)words[11],
      .kernel_h = (uint8_t)words[12],
      .kernel_w = (uint8_t)words[13],
      .stride_h = (uint8_t)words[14],
      .stride_w = (uint8_t)words[15],
      .pad_top = (uint8_t)words[16],
      .pad_left = (uint8_t)words[17],
      .operands = (uint8_t)words[18],
      .ring_rows = (uint8_t)words[19],
      .relu = (uint8_t)words[20],
      .input_zero = (int8_t)words[21],
      .output_zero = (int8_t)words[22],
      .activation_min = (int8_t)words[23],
      .activation_max = (int8_t)words[24],
  };
  *layer = result;
  return THIMBLE_OK;
}

void thimble_layer_to_words(const thimble_layer* layer, uint32_t id, uint32_t words[THIMBLE_LAYER_WORDS]) {
  const uint32_t list[THIMBLE_LAYER_WORDS] = {
      id,
      layer->input,
      layer->input2,
      layer->output,
      layer->scratch,
      layer->scratch_bytes,
      layer->in_h,
      layer->in_w,
      layer->in_c,
      layer->out_h,
      layer->out_w,
      layer->out_c,
      layer->kernel_h,
      layer->kernel_w,
      layer->stride_h,
      layer->stride_w,
      layer->pad_top,
      layer->pad_left,
      layer->operands,
      layer->ring_rows,
      layer->relu,
      (uint32_t)(int32_t)layer->input_zero,
      (uint32_t)(int32_t)layer->output_zero,
      (uint32_t)(int32_t)layer->activation_min,
      (uint32_t)(int32_t)layer->activation_max,
  };
  for (uint32_t i = 0; i < THIMBLE_LAYER_WORDS; ++i) words[i] = list[i];
}
