/* Depthwise convolution, four channels at a time, each block of channels over the whole layer: the block's rows are
 * turned into small planes, one word per column and channel, in a ring in the scratch; results go through a stage there
 * and from it to the output as words of four channels. So each input row is read once per block, before anything is
 * written over it, and a block's bytes are its own: the layer works in place.
 *
 * Weights are packed per block, the last one filled up with zeros:
 *   int32 multiplier[4], addend[4], shift[4], bias[4]   results are sat8(((addend << 32) + (acc << j) * multiplier)
 *                                                       >> 32 >> shift), as PackedChannel of deploy/pack; byte 1 of
 *                                                       shift is j, at most 8
 *   per tap, row by row: a word of four weights
 * layer->wide: 0 (THIMBLE_DEPTHWISE_FIXED): relu, and all shifts are THIMBLE_DEPTHWISE_SHIFT_*. 1: any shifts; without
 * relu every j is 8. 2 (THIMBLE_DEPTHWISE_GENERAL): TFLite's own constants, multiplier[4], 0[4], shifts[4] as in
 * thimble_channel, bias[4]. acc is the sum of (x - input zero) * weight, plus the bias; 0: plus any start with which
 * the results are TFLite's, so that the sign of acc means nothing.
 */
#ifndef THIMBLE_DEPTHWISE_H
#define THIMBLE_DEPTHWISE_H

#include "lanes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fast kernels keep values in S0-S31. */
#if THIMBLE_DSP && defined(__ARM_FP)
#define THIMBLE_DEPTHWISE_FAST 1
#else
#define THIMBLE_DEPTHWISE_FAST 0
#endif

enum { THIMBLE_DEPTHWISE_CONSTANTS = 16 }; /* words of a block before its taps */
/* Of the fixed form: seven octaves of multipliers lie above it; those of larger windows are smaller. */
enum { THIMBLE_DEPTHWISE_SHIFT_3X3 = 10, THIMBLE_DEPTHWISE_SHIFT_LARGER = 11 };
/* layer->wide */
enum { THIMBLE_DEPTHWISE_FIXED = 0, THIMBLE_DEPTHWISE_ANY_SHIFT = 1, THIMBLE_DEPTHWISE_GENERAL = 2 };

/* How the fast kernels see a layer of stride 1; stride 2 has plans of its own. A unit is what one slot of the ring
 * holds: two rows, side by side in the words of a column. */
typedef struct thimble_depthwise_plan {
  uint32_t kernel;
  uint32_t units;          /* that a step needs: a step is two output rows, and a unit further than the last */
  uint32_t group, slots;   /* steps that are computed together; slots of the ring */
  uint32_t kept_steps;     /* whose places are in the scratch: of a group, or of the whole layer */
  uint32_t width, columns; /* outputs of a row, with most kernels rounded up to even; columns of a slot */
  uint32_t column_bytes, unit_bytes; /* from a column to the next; from a slot to the next */
  uint32_t record_words;             /* of one channel's weights and constants */
  uint32_t table_words, stage_bytes; /* of all records; of a step */
} thimble_depthwise_plan;

/* How often a block of channels is filled into the scratch, and how many input rows all in all: what its time depends on
 * besides the shape. For models of the time. */
typedef struct thimble_depthwise_passes {
  uint32_t count, rows;
} thimble_depthwise_passes;
thimble_depthwise_passes thimble_depthwise_passes_of(const thimble_layer* layer);

/* 0 where only the general kernel takes the layer; the plan is for stride 1. */
int thimble_depthwise_is_planned(const thimble_layer* layer, thimble_depthwise_plan* plan);
uint32_t thimble_depthwise_plan_bytes(const thimble_depthwise_plan* plan);

#if THIMBLE_DEPTHWISE_FAST
/* Where a step's units are: the first one's first column, and how far it is from each to the next, cyclically. With 3x3
 * and stride 1 several steps, each of which begins a unit after the one before it. */
typedef struct thimble_depthwise_step {
  const thimble_word* first;
  int32_t next[4];
  uint32_t skip; /* bit 29: the last unit is padding, bit 28: the first one is; 3x3: the number of steps; then next[1]
                    is 1 where one more row follows them, whose last unit is padding, and 0 else */
} thimble_depthwise_step;

/* What the functions in assembly compute: some steps of some channels. They know the order of the members. */
typedef struct thimble_depthwise_run {
  const thimble_word* table; /* records */
  int8_t* stage;             /* per step and column, a word per output row: a byte per channel */
  uint32_t channels, record_bytes;
  const thimble_depthwise_step* steps;
  uint32_t step_count; /* of `steps` */
  uint32_t width;
  uint32_t any_shift; /* for 5x5 and 7x7; 3x3, which has functions of its own: ties below zero are nudged */
} thimble_depthwise_run;

typedef void (*thimble_depthwise_function)(thimble_depthwise_run* run);
/* Four channels' records out of a block of weights. */
typedef void (*thimble_depthwise_records)(const uint32_t* block, thimble_word* records);
void thimble_depthwise_3x3_stride_1(thimble_depthwise_run* run);
void thimble_depthwise_3x3_stride_1_any_shift(thimble_depthwise_run* run);
void thimble_depthwise_5x5_stride_1(thimble_depthwise_run* run);
void thimble_depthwise_7x7_stride_1(thimble_depthwise_run* run);
void thimble_depthwise_3x3_records(const uint32_t* block, thimble_word* records);
void thimble_depthwise_5x5_records(const uint32_t* block, thimble_word* records);
void thimble_depthwise_7x7_records(const uint32_t* block, thimble_word* records);

/* The rows of a map, two by two (with stride 2: the pairs of pixels of each row): units whose other row is padding,
 * above and below them, or not. The assembly knows the order of the members. */
typedef struct thimble_depthwise_map {
  uint32_t row_bytes, pixel_bytes, columns;
  uint32_t zero; /* two lanes of minus the input's zero point */
  thimble_word* to;
  uint32_t gap; /* from a unit's last column to the next unit */
  uint32_t above, units, below;
  uint32_t rest; /* from a row's last pixel that is wanted to the next row */
} thimble_depthwise_map;
void thimble_depthwise_fill_map(const thimble_depthwise_map* map, const int8_t* input);
/* The same for less than four channels. */
void thimble_depthwise_fill_some_of_map(const thimble_depthwise_map* map, const int8_t* input, uint32_t channels);

/* From the stage to the output: words of four channels; `steps` times, with a gap of so many bytes
 * between those of the stage. */
void thimble_depthwise_store_row(int8_t* to, const thimble_word* stage, uint32_t step, uint32_t count);
void thimble_depthwise_store_two_rows(int8_t* to, const thimble_word* stage, uint32_t step, uint32_t count,
                                      uint32_t row_bytes, uint32_t steps, uint32_t gap);

void thimble_depthwise_stride_1(const thimble_call* call, const thimble_depthwise_plan* plan,
                                thimble_depthwise_function compute, thimble_depthwise_records records);
#endif

#ifdef __cplusplus
}
#endif
#endif
