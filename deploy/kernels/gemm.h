/* Output channels of one or two pixels from widened inputs: what 1x1, KxK and fully connected layers share.
 *
 * Inputs are int16 in words of two, `column_length` of them per pixel (a multiple of 4, the tail meets zero weights).
 * In each group of four the order is (0, 2), (1, 3), which is what SXTB16 gives. Two pixels alternate word by word.
 *
 * Weights are packed per block of four output channels A, B, C, D, the last one filled up with zeros:
 *   int32 bias[4]                             the input's zero point folded in
 *   per word of two inputs (i, j): {A_i, B_i, A_j, B_j}, {C_i, D_i, C_j, D_j}
 *   thimble_channel[4]
 */
#ifndef THIMBLE_GEMM_H
#define THIMBLE_GEMM_H

#include "lanes.h"

typedef struct thimble_gemm {
  const uint32_t* weights;
  const thimble_word* input;
  const thimble_word* input_end;
  int8_t* output; /* the second pixel's follows at output + out_c */
  uint32_t out_c;
  int32_t zero2; /* 2 * output zero point + 1 */
  uint32_t relu;
} thimble_gemm;

void thimble_gemm_one(const thimble_gemm* gemm);
void thimble_gemm_two(const thimble_gemm* gemm);

/* The columns of one row's pixels, one or two at a time. */
typedef struct thimble_columns {
  const thimble_layer* layer;
  const int8_t* const* rows;
  thimble_word* columns; /* [column_length / 2][pixels] */
  uint32_t pixels;       /* 1 or 2 */
} thimble_columns;

static inline uint32_t thimble_column_length(const thimble_layer* layer) {
  return thimble_round_up((uint32_t)layer->kernel_h * layer->kernel_w * layer->in_c, 4);
}

/* Bytes of `columns`, a multiple of 8. */
uint32_t thimble_columns_bytes(const thimble_layer* layer);

/* Widens `count` bytes (a multiple of 4) from `from` into every `pixels`-th word of `to`; returns the next place. */
thimble_word* thimble_widen(thimble_word* to, const int8_t* from, uint32_t count, uint32_t pixels);

/* Where the next element of a column goes, for columns that are filled one by one. */
typedef struct thimble_cursor {
  int16_t __attribute__((may_alias)) * word;
  uint32_t odd;  /* 1: the word's first half is there already */
  uint32_t next; /* halfwords from a word to the next of the same pixel */
} thimble_cursor;

static inline thimble_cursor thimble_cursor_at(thimble_word* column, uint32_t pixels) {
  const thimble_cursor cursor = {(int16_t __attribute__((may_alias))*)column, 0, 2 * pixels};
  return cursor;
}
/* count > 0 */
void thimble_put_bytes(thimble_cursor* cursor, const int8_t* from, uint32_t count);
void thimble_put_value(thimble_cursor* cursor, int16_t value, uint32_t count);

/* All channels of the row's pixels, `gather` filling the column of output pixel `x` as number `pixel` of `pixels`. */
typedef void (*thimble_gather)(const thimble_columns* columns, uint32_t x, uint32_t pixel);
void thimble_gemm_row(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch,
                      thimble_gather gather);

#endif
