/* Depthwise of stride 2: square windows of 3, 5 or 7. A block's rows lie in the scratch as words of two neighbouring
 * pixels, [rows][columns][4 channels]; so many output rows at a time as the scratch holds. */
#ifndef THIMBLE_DEPTHWISE_STRIDE_2_H
#define THIMBLE_DEPTHWISE_STRIDE_2_H

#include "depthwise.h"

int thimble_depthwise_is_stride_2(const thimble_layer* layer);
uint32_t thimble_depthwise_stride_2_bytes(const thimble_layer* layer);
thimble_depthwise_passes thimble_depthwise_stride_2_passes(const thimble_layer* layer);

typedef struct thimble_stride_2_plan {
  uint32_t kernel;
  uint32_t tiles;        /* of five outputs, in a row; 3x3: none */
  uint32_t columns;      /* words of a row */
  uint32_t record_words; /* of a channel, in the scratch; those of 3x3 are on the stack */
  uint32_t group, rows;  /* output rows that are computed together; rows that the scratch holds */
  uint32_t bytes;
} thimble_stride_2_plan;

#if THIMBLE_DEPTHWISE_FAST
void thimble_depthwise_3x3_stride_2(const thimble_call* call);
/* 5x5 and 7x7. */
void thimble_depthwise_tiles_stride_2(const thimble_call* call);

enum { THIMBLE_RECORD_WORDS_3 = 8 }; /* of a channel, with 3x3 */

/* How sums become results: a fixed shift, or one per channel; with ties below zero nudged, or not. */
enum { THIMBLE_RESULTS_FIXED = 0, THIMBLE_RESULTS_ANY_SHIFT = 1, THIMBLE_RESULTS_NUDGED = 2 };

/* Places in the rows are byte addresses: some lie before the scratch, of rows that are padding and never read. */
typedef struct thimble_stride_2 {
  /* What the assembly is told; it knows the order of the members. */
  thimble_word* records;
  thimble_word* stage;   /* a word per output of the group */
  uint32_t channels;     /* of the block */
  uint32_t steps;        /* the group's output rows */
  uint32_t per_row;      /* 3x3: outputs of a row; others: bytes of a record */
  uint32_t first_window; /* 3x3: its first column; others: the list of tiles */
  uint32_t window_pitch; /* from a row to the next */
  uint32_t form;

  const thimble_call* call;
  const thimble_layer* layer;
  thimble_stride_2_plan plan;
  thimble_word* planes;
  uint32_t turned;  /* 3x3: computed from the last output to the first */
  uint32_t channel; /* the block's first one */
  uint32_t changes; /* rows lie elsewhere than in the block before */
  uint32_t base;    /* the group's first row */
  uint32_t pitch;   /* bytes from a row to the next; 3x3: upwards and downwards by turns */
  int32_t top;      /* input row of the group's first row */
  /* Of a row of the input, which is a unit of the map: */
  thimble_depthwise_map map;
  int32_t from;    /* bytes from its begin to the first pixel of the first pair */
  uint32_t column; /* of that pair */
  uint32_t alone;  /* 0: none, 1: the first pixel has padding before it, 2: the last one after it */
  uint32_t alone_pixel, alone_column;
} thimble_stride_2;

/* What the windows have of their own. */
typedef struct thimble_stride_2_window {
  void (*fill_records)(const thimble_stride_2* c, const uint32_t* block);
  void (*compute)(const thimble_stride_2* c);
} thimble_stride_2_window;
void thimble_depthwise_stride_2(const thimble_call* call, const thimble_stride_2_window* window);

/* Words of two weights, scaled, and constants into the four channels' records. `layout`, all in bytes: from a word's
 * taps to the next one's (int8), from a word to the next; runs: count of words, two taps of the block, where in the
 * record; then 0, where multiplier, addend and bias go, where the shift's byte goes, 0. */
void thimble_stride_2_records(const uint32_t* block, thimble_word* records, uint32_t record_bytes,
                              const uint8_t* layout);
#endif

#endif
