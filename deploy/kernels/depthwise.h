/* Depthwise convolution over planes: for four channels at a time the window's rows are turned into one plane per
 * channel whose words hold two rows of one column (for the last of an odd number of rows: two columns of one row), so
 * that every multiplication is a dual one.
 *
 * Weights are packed per block of four channels A, B, C, D, the last one filled up with zeros:
 *   int32 bias[4]                             the input's zero point folded in
 *   per tap pair (s, t): {A_s, B_s, A_t, B_t}; then per tap pair {C_s, D_s, C_t, D_t}
 *   thimble_channel[4]
 * Tap pairs: for each two rows the kernel_w columns; for an odd last row its columns two by two, filled up with a zero.
 */
#ifndef THIMBLE_DEPTHWISE_H
#define THIMBLE_DEPTHWISE_H

#include "lanes.h"

static inline uint32_t thimble_tap_pairs(uint32_t kernel_h, uint32_t kernel_w) {
  return kernel_h / 2 * kernel_w + kernel_h % 2 * ((kernel_w + 1) / 2);
}

/* Columns of a plane: what an even number of outputs read. */
static inline uint32_t thimble_plane_columns(const thimble_layer* layer) {
  return (thimble_round_up(layer->out_w, 2) - 1) * layer->stride_w + layer->kernel_w + layer->kernel_w % 2;
}

static inline uint32_t thimble_planes(const thimble_layer* layer) { return (layer->kernel_h + 1u) / 2; }

/* The columns of the planes: `before` of padding, `inside` on the input, `after` of padding or never used; `step` words
 * from one to the next. */
typedef struct thimble_plane_layout {
  uint32_t before, inside, after, step, zero;
} thimble_plane_layout;
thimble_plane_layout thimble_plane_layout_of(const thimble_layer* layer);

/* Fills the planes [columns][planes][4] from four channels on, `channel`, of which `count` exist. */
void thimble_fill_planes(const thimble_layer* layer, const thimble_plane_layout* layout, const int8_t* const* rows,
                         uint32_t channel, uint32_t count, thimble_word* planes);

/* One channel's row of outputs, computed two by two. Assembly knows the order of the members. */
typedef struct thimble_depthwise_row {
  thimble_scale scale;
  const thimble_word* x;    /* the channel's words, 4 * planes apart from column to column */
  int8_t* output;           /* out_c bytes apart */
  const thimble_word* taps; /* tap pairs as words of int16 */
  int32_t bias;
  const int8_t* end;   /* of the outputs that come in pairs */
  uint32_t out_c, odd; /* odd: one more output than those; a row function sets both to 0 at its end */
  uint32_t relu;
  const thimble_layer* layer; /* for windows without a function of their own */
} thimble_depthwise_row;

typedef void (*thimble_depthwise_function)(thimble_depthwise_row* row);
void thimble_depthwise_3x3_stride_1(thimble_depthwise_row* row);
void thimble_depthwise_3x3_stride_2(thimble_depthwise_row* row);
void thimble_depthwise_3x3_stride_1_relu(thimble_depthwise_row* row);
void thimble_depthwise_3x3_stride_2_relu(thimble_depthwise_row* row);
void thimble_depthwise_5x5_stride_1(thimble_depthwise_row* row);
void thimble_depthwise_5x5_stride_2(thimble_depthwise_row* row);
void thimble_depthwise_7x7_stride_1(thimble_depthwise_row* row);
void thimble_depthwise_7x7_stride_2(thimble_depthwise_row* row);

#endif
