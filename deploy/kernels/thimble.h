/* Thimble's int8 runtime: freestanding C11, no malloc, no recursion, no printing.
 *
 * A plan is an array of layers over one arena. The same array is printed as C for a deployed firmware, sent to the probe
 * firmware, and built in memory by the host's tests: so what a search measured is what is deployed.
 *
 * Rows are the unit: a kernel computes one output row from pointers to its input rows. The runner (thimble_run) hands it
 * the rows: from the arena, or a row of the zero point where the window reaches over the edge. Where the output is laid
 * over the input (in place), the input rows still needed are kept in a ring in the scratch.
 *
 * Arithmetic is TFLite's int8: int32 accumulators, per-channel multipliers with double rounding (SRDHM, then rounding
 * right shift), output zero point, clamp.
 */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum thimble_status {
  THIMBLE_OK = 0,
  THIMBLE_BAD_LAYER = -1,   /* a shape, stride, zero point or pointer that no kernel takes */
  THIMBLE_BAD_ARENA = -2,   /* an offset outside the arena, or an arena that is not aligned to 8 bytes */
} thimble_status;

struct thimble_layer;

/* Computes one output row. `rows`: kernel_h pointers to input rows int8 [in_w, in_c] (two for add: the rows of either
 * operand); `output`: int8 [out_w, out_c]; `scratch`: layer->scratch_bytes, aligned to 8 bytes. */
typedef void (*thimble_kernel)(const struct thimble_layer *layer, const int8_t *const *rows, int8_t *output, void *scratch);

typedef struct thimble_layer {
  thimble_kernel kernel;
  const int8_t *weights;      /* packed for the kernel; NULL for layers without */
  const int32_t *bias;        /* [out_c], input zero point folded in; NULL for layers without */
  const int32_t *multiplier;  /* [out_c] Q31, in [2^30, 2^31) */
  const int8_t *shift;        /* [out_c] positive: left, negative: right */
  uint32_t input, input2, output, scratch;  /* bytes from the start of the arena */
  uint32_t scratch_bytes;
  uint16_t in_h, in_w, in_c, out_h, out_w, out_c;
  uint8_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  uint8_t in_place;           /* 1: the output lies over the input */
  uint8_t left_shift;         /* add: 20 */
  int16_t input_zero, input2_zero, output_zero, activation_min, activation_max;
  int32_t input_multiplier, input2_multiplier, output_multiplier;  /* add, pools */
  int8_t input_shift, input2_shift, output_shift;
} thimble_layer;

/* Checks everything that a run relies on. */
thimble_status thimble_prepare(const thimble_layer *layers, uint32_t count, const int8_t *arena, uint32_t arena_bytes);

/* One inference. The input lies in the arena where the first layer reads it; so does the output where the last one wrote it. */
void thimble_run(const thimble_layer *layers, uint32_t count, int8_t *arena);
void thimble_run_layer(const thimble_layer *layer, int8_t *arena);

#ifdef __cplusplus
}
#endif
#endif
