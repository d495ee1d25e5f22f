/* The layers of a deployed model as halfwords, about a third of what an array of thimble_layer takes.
 *
 * A layer begins as the one before it left off: its input is that one's output, in place and shape; so is its own
 * output, until the halfwords say otherwise. It comes as
 *
 *   first     kernel, an index into the table's kernels | relu << 5 | wide << 6; in the upper byte THIMBLE_TABLE_...,
 *             which of the parts below there are, in this order
 *   FORM      kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, operands, ring_rows, broadcast, more_rows, a
 *             byte each; without it 1, 1, 1, 1, 0, 0, 1, 0, 0, 0
 *   IN        in_h, in_w, in_c
 *   OUT_ROWS  out_h, out_w; without it those of the input
 *   OUT_C     out_c; without it in_c
 *   INPUT     input / 4; without it where the output of the layer before is
 *   OUTPUT    output / 4; without it the input's
 *   SCRATCH   scratch / 4; without it that of the layer before
 *   INPUT2    input2
 *   always    words of weights; input_zero, output_zero, activation_min, activation_max, a byte each
 *
 * Numbers from INPUT on are a halfword below 2^15; above, bits 0 to 14 with bit 15 set, and bits 15 to 30 in another.
 */
#ifndef THIMBLE_LAYER_TABLE_H
#define THIMBLE_LAYER_TABLE_H

#include "thimble.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  THIMBLE_TABLE_FORM = 0x01,
  THIMBLE_TABLE_IN = 0x02,
  THIMBLE_TABLE_OUT_ROWS = 0x04,
  THIMBLE_TABLE_OUT_C = 0x08,
  THIMBLE_TABLE_INPUT = 0x10,
  THIMBLE_TABLE_OUTPUT = 0x20,
  THIMBLE_TABLE_SCRATCH = 0x40,
  THIMBLE_TABLE_INPUT2 = 0x80,
  THIMBLE_TABLE_FORM_BYTES = 10,
  THIMBLE_TABLE_MOST_KERNELS = 32,
  THIMBLE_TABLE_MOST_HALVES = 24, /* of one layer */
};

typedef struct thimble_table {
  const uint16_t* layers;
  const thimble_kernel* kernels;
  const uint32_t* weights; /* of all layers, one after the other */
  uint32_t count;          /* layers */
} thimble_table;

/* Where the next layer begins. */
typedef struct thimble_reader {
  const uint16_t* at;
  const thimble_kernel* kernels;
  const uint32_t* weights;
} thimble_reader;

/* Makes `layer` the next one: zeros before the first, and left as it is between two calls. Where a layer has no weights
 * or no scratch, their members mean nothing; scratch_bytes never does. */
void thimble_next_layer(thimble_reader* reader, thimble_layer* layer);

/* Writes `layer`, whose kernel is at index `kernel` of the table's, behind the layers that made `before`: zeros before the
 * first, and left as it is between two calls. Offsets are multiples of 4 below 2^33, wide at most 3, weight_words below
 * 2^31. reads_input2: whether input2 means anything. Returns how many halfwords. */
uint32_t thimble_put_layer(thimble_layer* before, const thimble_layer* layer, uint32_t kernel, uint32_t weight_words,
                           int reads_input2, uint16_t to[THIMBLE_TABLE_MOST_HALVES]);

/* One inference, as thimble_run. */
void thimble_run_table(const thimble_table* table, int8_t* arena);

#ifdef __cplusplus
}
#endif
#endif
