/* One layer with its weights, its arena and what must come out; the same words on the host and on a core. */
#ifndef THIMBLE_KERNELS_CASE_H
#define THIMBLE_KERNELS_CASE_H

#include "deploy/kernels/thimble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A record: this header; then weights, arena before the run, expected output, each filled up to whole words. */
typedef struct kernels_case {
  uint32_t layer[THIMBLE_LAYER_WORDS];
  uint32_t weight_words, arena_bytes, output_bytes;
} kernels_case;

typedef enum kernels_verdict {
  KERNELS_SAME = 0,
  KERNELS_REJECTED, /* thimble_prepare or the words were refused */
  KERNELS_WRONG_OUTPUT,
  KERNELS_STRAY_WRITE, /* a byte outside output, and outside scratch, changed */
} kernels_verdict;

uint32_t kernels_case_words(const kernels_case* record);
/* Runs a record in `arena` (at least arena_bytes, aligned to 8). */
kernels_verdict kernels_check(const kernels_case* record, int8_t* arena);

#ifdef __cplusplus
}
#endif
#endif
