/* What add and mul share: the operands of a call, and the products of halfwords and words. */
#ifndef THIMBLE_ELEMENTWISE_H
#define THIMBLE_ELEMENTWISE_H

#include "lanes.h"

/* Elements of a call, one after the other: a layer with a ring is asked for one row at a time. */
static inline uint32_t thimble_call_elements(const thimble_call* call) {
  return call->count * call->layer->out_w * call->layer->out_c;
}
static inline const int8_t* thimble_first_operand(const thimble_call* call) {
  return thimble_row(&call->input, (int32_t)call->first);
}
/* The second operand, from its start: in the arena, or behind the `words` of a layer's constants. */
static inline const int8_t* thimble_second_operand(const thimble_call* call, uint32_t words) {
  return call->layer->operands == 2 ? call->input2 : (const int8_t*)(call->layer->weights + words);
}

/* floor(a * b / 2^8) for a b in [-2^8, 2^8]: what SMLAWB of a and b << 8 adds. */
static inline int32_t thimble_scaled_by(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)((a >> 16) * b) << 8) + (((int32_t)((uint32_t)a & 0xffffu) * b) >> 8);
}

/* Computes `count` results of two operands of one shape. */
typedef void (*thimble_pairs)(const thimble_layer* layer, const int8_t* a, const int8_t* b, int8_t* y, uint32_t count);

/* All of a call, whatever the second operand's shape. A single element is repeated to a pixel in the scratch. */
void thimble_each_pair(const thimble_call* call, const int8_t* second, thimble_pairs compute);
/* The scratch for it. */
static inline uint32_t thimble_pair_scratch(const thimble_layer* layer) {
  return layer->broadcast == THIMBLE_ELEMENT ? thimble_round_up(layer->out_c, 8) : 0;
}

#endif
