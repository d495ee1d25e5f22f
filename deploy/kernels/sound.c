#include "sound.h"

#include "add.h"
#include "depthwise_narrow.h"
#include "depthwise_nine.h"
#include "gemm.h"
#include "mean.h"
#include "mul.h"
#include "mve.h"
#include "winograd.h"

/* Inputs of one output: beyond it, sums and scratch sizes would not fit 32 bits. */
enum { MOST_TAPS = 1 << 20 };

/* Flags that only some kernels know; `wide` has most values for the gemm kernels. */
static int has_flags(const thimble_layer* layer, uint32_t operands, uint32_t broadcast, uint32_t more_rows) {
  return layer->operands >= 1 && layer->operands <= operands && layer->broadcast <= broadcast &&
         layer->more_rows == more_rows && layer->relu <= 1 && layer->wide <= THIMBLE_GEMM_FORM_MOST;
}

static int is_plain(const thimble_layer* layer) { return has_flags(layer, 1, THIMBLE_SAME, 0); }

static int has_window(const thimble_layer* layer) {
  return layer->kernel_h != 0 && layer->kernel_w != 0 && layer->stride_h != 0 && layer->stride_w != 0;
}
static int is_pixel_window(const thimble_layer* layer) {
  return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 && layer->stride_w == 1 &&
         layer->pad_top == 0 && layer->pad_left == 0;
}
static int has_no_window(const thimble_layer* layer) {
  return layer->kernel_h == 0 && layer->kernel_w == 0 && layer->ring_rows == 0;
}
static int keeps_pixels(const thimble_layer* layer) {
  return layer->in_h == layer->out_h && layer->in_w == layer->out_w;
}
static int keeps_channels(const thimble_layer* layer) { return layer->in_c == layer->out_c; }

int thimble_gemm_sound(const thimble_layer* layer) {
  const uint32_t taps = (uint32_t)layer->kernel_h * layer->kernel_w * layer->in_c;
  return is_plain(layer) && has_window(layer) && taps <= MOST_TAPS;
}
int thimble_pointwise_sound(const thimble_layer* layer) {
  return is_plain(layer) && is_pixel_window(layer) && keeps_pixels(layer);
}
int thimble_fully_connected_sound(const thimble_layer* layer) {
  return thimble_pointwise_sound(layer) && layer->in_h == 1 && layer->in_w == 1;
}
int thimble_depthwise_sound(const thimble_layer* layer) {
  return is_plain(layer) && has_window(layer) && keeps_channels(layer);
}
static int has_fast_window(const thimble_layer* layer, uint32_t kernel) {
  return thimble_depthwise_sound(layer) && layer->kernel_h == kernel && layer->kernel_w == kernel &&
         layer->stride_h == layer->stride_w && layer->stride_h <= 2 && layer->wide != THIMBLE_DEPTHWISE_GENERAL;
}
int thimble_depthwise_3x3_sound(const thimble_layer* layer) { return has_fast_window(layer, 3); }
int thimble_depthwise_5x5_sound(const thimble_layer* layer) { return has_fast_window(layer, 5); }
int thimble_depthwise_7x7_sound(const thimble_layer* layer) { return has_fast_window(layer, 7); }
int thimble_depthwise_narrow_sound(const thimble_layer* layer) {
  return thimble_depthwise_sound(layer) && thimble_depthwise_is_narrow(layer) && layer->ring_rows == 0;
}
int thimble_depthwise_nine_sound(const thimble_layer* layer) {
  return thimble_depthwise_sound(layer) && thimble_depthwise_is_nine(layer) && layer->ring_rows == 0;
}
int thimble_winograd_sound(const thimble_layer* layer) {
  return has_flags(layer, 1, THIMBLE_SAME, 1) && layer->kernel_h == 3 && layer->kernel_w == 3 && layer->stride_h == 1 &&
         layer->stride_w == 1 && layer->in_c % 4u == 0 && layer->out_c % 4u == 0;
}
int thimble_pool_sound(const thimble_layer* layer) {
  return is_plain(layer) && has_window(layer) && keeps_channels(layer);
}
int thimble_pair_sound(const thimble_layer* layer) {
  return has_flags(layer, 2, THIMBLE_ELEMENT, 0) && is_pixel_window(layer) && keeps_pixels(layer) &&
         keeps_channels(layer);
}
int thimble_pixelwise_sound(const thimble_layer* layer) {
  return is_plain(layer) && is_pixel_window(layer) && keeps_pixels(layer) && keeps_channels(layer);
}
int thimble_mean_sound(const thimble_layer* layer) {
  return is_plain(layer) && is_pixel_window(layer) && keeps_channels(layer) && layer->in_h == layer->out_h &&
         layer->out_w == 1;
}
int thimble_pad_sound(const thimble_layer* layer) {
  return is_plain(layer) && has_no_window(layer) && keeps_channels(layer) &&
         layer->pad_top + layer->in_h <= layer->out_h && layer->pad_left + layer->in_w <= layer->out_w;
}
int thimble_transpose_sound(const thimble_layer* layer) {
  const uint32_t in[3] = {layer->in_h, layer->in_w, layer->in_c};
  const uint32_t out[3] = {layer->out_h, layer->out_w, layer->out_c};
  const uint32_t axes[3] = {layer->stride_h, layer->stride_w, layer->pad_top};
  uint32_t seen = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    if (axes[i] > 2 || out[i] != in[axes[i]]) return 0;
    seen |= 1u << axes[i];
  }
  return is_plain(layer) && has_no_window(layer) && seen == 7;
}
int thimble_resize_nearest_sound(const thimble_layer* layer) {
  return is_plain(layer) && has_no_window(layer) && keeps_channels(layer);
}
int thimble_concat_sound(const thimble_layer* layer) {
  const uint32_t in_row = (uint32_t)layer->in_w * layer->in_c, out_row = (uint32_t)layer->out_w * layer->out_c;
  return is_plain(layer) && has_no_window(layer) && layer->in_h == layer->out_h && in_row <= out_row &&
         layer->input2 <= out_row - in_row;
}

/* a * b, UINT32_MAX where that does not fit; b below 2^16. */
static uint32_t capped_product(uint32_t a, uint32_t b) {
  const uint32_t high = (a >> 16) * b, low = (a & 0xffffu) * b;
  return high + (low >> 16) > 0xffffu ? UINT32_MAX : a * b;
}
static uint32_t blocks_of_four(const thimble_layer* layer, uint32_t block_bytes) {
  return capped_product(block_bytes, (layer->out_c + 3u) / 4u);
}

uint32_t thimble_gemm_weights(const thimble_layer* layer) {
  return blocks_of_four(layer,
                        4 * (4 + 2 * thimble_gemm_steps(layer) + thimble_gemm_constants(thimble_gemm_mode(layer))));
}
uint32_t thimble_depthwise_weights(const thimble_layer* layer) {
  return blocks_of_four(layer, 4 * (THIMBLE_DEPTHWISE_CONSTANTS + (uint32_t)layer->kernel_h * layer->kernel_w));
}
static uint32_t mve_weights(const thimble_layer* layer, uint32_t taps) {
  return blocks_of_four(layer, 64 * thimble_mve_vectors(taps) + 4 * THIMBLE_MVE_BLOCK_TAIL);
}
uint32_t thimble_mve_weights(const thimble_layer* layer) {
  return mve_weights(layer, (uint32_t)layer->kernel_h * layer->kernel_w * layer->in_c);
}
uint32_t thimble_mve_depthwise_weights(const thimble_layer* layer) {
  const uint32_t planes = (layer->kernel_h + 3u) / 4;
  return mve_weights(layer, 16 * ((planes * layer->kernel_w + 3) / 4));
}
uint32_t thimble_winograd_weights(const thimble_layer* layer) {
  return blocks_of_four(layer, 4 * (4 + 32u * layer->in_c) + 4 * (uint32_t)sizeof(thimble_winograd_channel));
}

static uint32_t constant_operand(const thimble_layer* layer) {
  if (layer->operands == 2) return 0;
  if (layer->broadcast == THIMBLE_ELEMENT) return 4;
  const uint32_t pixels = layer->broadcast == THIMBLE_PIXEL ? 1 : capped_product(layer->out_h, layer->out_w);
  const uint32_t bytes = capped_product(pixels, layer->out_c);
  return bytes > UINT32_MAX / 2 ? UINT32_MAX / 2 : thimble_round_up(bytes, 4);
}

uint32_t thimble_add_weights(const thimble_layer* layer) { return 4 * THIMBLE_ADD_WORDS + constant_operand(layer); }
uint32_t thimble_mul_weights(const thimble_layer* layer) { return 4 * THIMBLE_MUL_WORDS + constant_operand(layer); }
uint32_t thimble_mean_weights(const thimble_layer* layer) {
  (void)layer;
  return 4 * THIMBLE_MEAN_WORDS;
}
uint32_t thimble_lookup_weights(const thimble_layer* layer) {
  (void)layer;
  return 256;
}
uint32_t thimble_softmax_weights(const thimble_layer* layer) {
  (void)layer;
  return 1024;
}
uint32_t thimble_no_weights(const thimble_layer* layer) {
  (void)layer;
  return 0;
}
