/* The input rows of a call. */
#ifndef THIMBLE_ROWS_H
#define THIMBLE_ROWS_H

#include "thimble.h"

/* Row `row` of the input, int8 [in_w, in_c]; NULL outside of it, where the padding is. */
static inline const int8_t* thimble_row(const thimble_view* view, int32_t row) {
  if (row < 0 || row >= (int32_t)view->height) return NULL;
  if ((uint32_t)row >= view->saved) return view->input + (uint32_t)row * view->row_bytes;
  const uint32_t back = view->saved - (uint32_t)row;
  const uint32_t slot = view->next >= back ? view->next - back : view->next + view->ring_rows - back;
  return view->slots + slot * view->slot_bytes;
}

/* The window of one output row: kernel_h pointers. */
typedef void (*thimble_row_function)(const thimble_call* call, const int8_t* const* rows, int8_t* output);

/* Calls `compute` for every output row of the call. */
void thimble_each_row(const thimble_call* call, thimble_row_function compute);

#endif
