/* Depthwise 3x3, stride 1, on maps of 3x3: only the 49 of 81 taps that meet pixels, as words of two rows, so 28
 * products a channel. Results go straight to the output, which may be the input. */
#ifndef THIMBLE_DEPTHWISE_NINE_H
#define THIMBLE_DEPTHWISE_NINE_H

#include "depthwise.h"

static inline int thimble_depthwise_is_nine(const thimble_layer* layer) {
  return layer->kernel_h == 3 && layer->kernel_w == 3 && layer->stride_h == 1 && layer->stride_w == 1 &&
         layer->pad_top == 1 && layer->pad_left == 1 && layer->in_h == 3 && layer->in_w == 3 && layer->out_h == 3 &&
         layer->out_w == 3 && layer->out_c % 4u == 0 && layer->wide != THIMBLE_DEPTHWISE_GENERAL;
}

#endif
