/* What the drivers of stride 1 and of stride 2 share: both fill planes of words, call the functions in assembly, and
 * store what those staged. */
#ifndef THIMBLE_DEPTHWISE_DRIVER_H
#define THIMBLE_DEPTHWISE_DRIVER_H

#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* Not worth the bytes of speed, or of a second copy. */
#define THIMBLE_RARE __attribute__((cold, noinline))
#define THIMBLE_SHARED __attribute__((noinline))

void thimble_depthwise_fill_zeros(thimble_word* to, uint32_t words);
/* As thimble_depthwise_store_row, for less than four channels; `stride` words from one of the stage to the next. */
void thimble_depthwise_store_some(int8_t* to, const thimble_word* stage, uint32_t step, uint32_t count, uint32_t stride,
                                  uint32_t channels);

static inline uint32_t thimble_smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The slot `by` slots on. */
static inline uint32_t thimble_depthwise_slot_after(const thimble_depthwise_plan* plan, uint32_t slot, uint32_t by) {
  slot += by;
  return slot >= plan->slots ? slot - plan->slots : slot;
}

#endif

#endif
