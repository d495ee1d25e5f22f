/* What a layer that came over a wire must fulfil besides thimble_prepare, kernel by kernel; and the bytes of weights
 * that a kernel reads, from shapes alone. Only the table of all kernels refers to them. */
#ifndef THIMBLE_SOUND_H
#define THIMBLE_SOUND_H

#include "lanes.h"

int thimble_gemm_sound(const thimble_layer* layer);
int thimble_pointwise_sound(const thimble_layer* layer);
int thimble_fully_connected_sound(const thimble_layer* layer);
int thimble_depthwise_sound(const thimble_layer* layer);
int thimble_depthwise_3x3_sound(const thimble_layer* layer);
int thimble_depthwise_5x5_sound(const thimble_layer* layer);
int thimble_depthwise_7x7_sound(const thimble_layer* layer);
int thimble_depthwise_narrow_sound(const thimble_layer* layer);
int thimble_depthwise_nine_sound(const thimble_layer* layer);
int thimble_winograd_sound(const thimble_layer* layer);
int thimble_pool_sound(const thimble_layer* layer);
int thimble_pair_sound(const thimble_layer* layer); /* add, mul */
int thimble_pixelwise_sound(const thimble_layer* layer);
int thimble_mean_sound(const thimble_layer* layer);
int thimble_pad_sound(const thimble_layer* layer);
int thimble_transpose_sound(const thimble_layer* layer);
int thimble_resize_nearest_sound(const thimble_layer* layer);
int thimble_concat_sound(const thimble_layer* layer);

uint32_t thimble_gemm_weights(const thimble_layer* layer);
uint32_t thimble_depthwise_weights(const thimble_layer* layer);
uint32_t thimble_winograd_weights(const thimble_layer* layer);
uint32_t thimble_mve_weights(const thimble_layer* layer);
uint32_t thimble_mve_depthwise_weights(const thimble_layer* layer);
uint32_t thimble_add_weights(const thimble_layer* layer);
uint32_t thimble_mul_weights(const thimble_layer* layer);
uint32_t thimble_mean_weights(const thimble_layer* layer);
uint32_t thimble_lookup_weights(const thimble_layer* layer);
uint32_t thimble_softmax_weights(const thimble_layer* layer);
uint32_t thimble_no_weights(const thimble_layer* layer);

#endif
