/* Thimble's int8 runtime: freestanding C11, no malloc, no recursion, no printing, no floats, nothing from libc or
 * libgcc.
 *
 * A plan is an array of layers over one arena. The same array is printed as C for a deployed firmware, sent to the
 * probe firmware, and built in memory by the host's tests: so what a search measured is what is deployed.
 *
 * Rows are the unit: a kernel computes some output rows from a view of its input's rows. The runner (thimble_run) asks
 * for all of them at once, so that a kernel may keep what it widened from row to row; or one by one where the output
 * is laid over the input: then the input rows that are still needed are kept in a ring in the scratch.
 *
 * Arithmetic is TFLite's int8: int32 accumulators, per-channel multipliers with double rounding (SRDHM, then rounding
 * right shift), output zero point, clamp.
 *
 * Time depends on shapes and flags alone, never on the values of activations, weights, multipliers, shifts, zero
 * points. The flags are `relu`, and whether the activation range is narrower than int8 (one more pass over each row).
 */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most rows that one window may cover. */
#define THIMBLE_MAX_KERNEL_H 64
/* Bound on the stack of thimble_run and everything below it, on Cortex-M; a test holds it. */
#define THIMBLE_STACK_BYTES 1024

typedef enum thimble_status {
  THIMBLE_OK = 0,
  THIMBLE_BAD_LAYER = -1, /* a shape, stride or pointer that no kernel takes */
  THIMBLE_BAD_ARENA = -2, /* an offset outside the arena, or something that is not aligned as it must be */
} thimble_status;

struct thimble_layer;

/* Where the rows of a layer's input are: in the input, or, for those that the output has overwritten or is about to,
 * in a ring; the last `ring_rows` of the first `saved`. Row r is in slot (r mod ring_rows); `next` is the slot of row
 * `saved`. */
typedef struct thimble_view {
  const int8_t* input;
  int8_t* slots;
  uint32_t row_bytes, slot_bytes, height;
  uint32_t ring_rows, saved, next;
} thimble_view;

/* Some output rows to compute. */
typedef struct thimble_call {
  const struct thimble_layer* layer;
  thimble_view input;
  const int8_t* input2;  /* the second operand, from its start */
  int8_t* output;        /* row `first`: int8 [count, out_w, out_c] */
  void* scratch;         /* what the kernel's scratch twin asks for, aligned to 8 bytes */
  uint32_t first, count; /* all rows of the layer; where there is a ring, one and more_rows */
} thimble_call;

typedef void (*thimble_kernel)(const thimble_call* call);

/* A second operand: of the output's shape, one pixel for all, one element for all. */
enum { THIMBLE_SAME = 0, THIMBLE_PIXEL = 1, THIMBLE_ELEMENT = 2 };

/* One operator over one arena. Offsets are bytes from the arena's start, multiples of 4.
 * A fully connected layer has in_h = in_w = out_h = out_w = 1. Pointwise and elementwise layers may be given a whole
 * picture as one row (in_h = 1, in_w = height * width). kernel_h = kernel_w = 0: no window, any output may need any
 * input, and the output may not overlap it. */
typedef struct thimble_layer {
  thimble_kernel kernel;
  const uint32_t* weights; /* weights, biases, multipliers and shifts as packed for the kernel; NULL: has none */
  uint32_t input;          /* int8 [in_h, in_w, in_c] */
  uint32_t input2;         /* add, mul: the second operand; concat: where in each output row the input goes */
  uint32_t output;         /* int8 [out_h, out_w, out_c] */
  uint32_t scratch;        /* multiple of 8: the ring of rows, then the kernel's own */
  uint32_t scratch_bytes;
  uint16_t in_h, in_w, in_c, out_h, out_w, out_c;
  uint8_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  uint8_t operands;  /* 2: add and mul of two activations; 1: all others, also those with a constant operand */
  uint8_t ring_rows; /* thimble_ring_rows: 0 unless the output lies over the input */
  uint8_t relu;      /* 1: activation_min >= output_zero: a shorter rounding gives the same results */
  uint8_t wide;      /* 1: a channel has no exact form for the fast kernel (its sums may leave [-2^23, 2^23), its
                        multiplier suits no fixed shift): weights packed for the kernel that bears it; convolutions
                        and fully connected layers, 2, 3: its inputs are doubled once or twice;
                        add, mul: no short form gives the same results */
  uint8_t broadcast; /* second operand: THIMBLE_SAME, THIMBLE_PIXEL or THIMBLE_ELEMENT */
  uint8_t more_rows; /* output rows beyond the first that the kernel computes at a time; Winograd: 1 */
  int8_t input_zero, output_zero, activation_min, activation_max;
} thimble_layer;

/* --- what a plan must know; functions of shapes, offsets and flags, never of weights --- */

/* Input rows to keep when the output overlaps the input (0: disjoint, or the kernel reads ahead of its writes);
 * -1: no ring helps, since a row would be overwritten long before it is read. Offsets must be set. */
int32_t thimble_ring_rows(const thimble_layer* layer);
/* Bytes of that ring, a multiple of 8; layer->ring_rows must be set. */
uint32_t thimble_ring_bytes(const thimble_layer* layer);

/* Bytes that the kernel itself works in, a multiple of 8; a layer's scratch_bytes is thimble_ring_bytes + this. */
uint32_t thimble_conv2d_s8_scratch(const thimble_layer* layer);
uint32_t thimble_pointwise_s8_scratch(const thimble_layer* layer);
uint32_t thimble_depthwise_s8_scratch(const thimble_layer* layer);
uint32_t thimble_fully_connected_s8_scratch(const thimble_layer* layer);
uint32_t thimble_add_s8_scratch(const thimble_layer* layer);
uint32_t thimble_average_pool_s8_scratch(const thimble_layer* layer);
uint32_t thimble_max_pool_s8_scratch(const thimble_layer* layer);
uint32_t thimble_winograd_s8_scratch(const thimble_layer* layer);
uint32_t thimble_mul_s8_scratch(const thimble_layer* layer);
/* Of the kernels that need none. */
uint32_t thimble_no_scratch(const thimble_layer* layer);
uint32_t thimble_small_conv2d_s8_scratch(const thimble_layer* layer);
uint32_t thimble_small_depthwise_s8_scratch(const thimble_layer* layer);
uint32_t thimble_mve_conv2d_s8_scratch(const thimble_layer* layer);
uint32_t thimble_mve_pointwise_s8_scratch(const thimble_layer* layer);
uint32_t thimble_mve_depthwise_s8_scratch(const thimble_layer* layer);

/* --- kernels --- */

void thimble_conv2d_s8(const thimble_call* call);
/* The same with less code; fully connected layers, too. */
void thimble_small_conv2d_s8(const thimble_call* call);
/* 1x1, stride 1, no padding. */
void thimble_pointwise_s8(const thimble_call* call);
/* Depth multiplier 1: out_c = in_c. Any window, with the code of all windows. */
void thimble_depthwise_s8(const thimble_call* call);
/* Those with code for one window each, stride 1 or 2; the scratch is that of thimble_depthwise_s8. */
void thimble_depthwise_3x3_s8(const thimble_call* call);
void thimble_depthwise_5x5_s8(const thimble_call* call);
void thimble_depthwise_7x7_s8(const thimble_call* call);
/* 5x5 and 7x7 with stride 1, on small maps of at most five columns, all rows at once. */
void thimble_depthwise_narrow_s8(const thimble_call* call);
/* 3x3 with stride 1 on maps of 3x3, channels in fours. */
void thimble_depthwise_nine_s8(const thimble_call* call);
/* The same from the same weights, with less code. */
void thimble_small_depthwise_s8(const thimble_call* call);
void thimble_fully_connected_s8(const thimble_call* call);
/* Two activations, or one and a constant that is packed with the weights. */
void thimble_add_s8(const thimble_call* call);
void thimble_mul_s8(const thimble_call* call);
/* Pools keep the quantisation of their input, have no weights, and do not count padding. */
void thimble_average_pool_s8(const thimble_call* call);
void thimble_max_pool_s8(const thimble_call* call);
/* A convolution of 3x3, stride 1, channels in fours: fewer products than thimble_conv2d_s8, and larger weights. */
void thimble_winograd_s8(const thimble_call* call);
/* Mean over the columns: [in_h, in_w, in_c] to [in_h, 1, in_c], with a quantisation of its own. */
void thimble_mean_s8(const thimble_call* call);
/* A table of 256 results: requantisation, add and mul of one constant. */
void thimble_lookup_s8(const thimble_call* call);
/* Over the channels of each pixel; output scale 1/256, zero point -128. */
void thimble_softmax_s8(const thimble_call* call);
/* Rows and columns of the output's zero point around the input, pad_top and pad_left of them before it. No window. */
void thimble_pad_s8(const thimble_call* call);
/* Output dimensions 0, 1, 2 are input dimensions stride_h, stride_w, pad_top. No window. */
void thimble_transpose_s8(const thimble_call* call);
/* The pixel at floor(index * in / out), in rows and in columns. No window. */
void thimble_resize_nearest_s8(const thimble_call* call);
/* One input of a concatenation: each of the in_h rows of in_w * in_c bytes goes to byte `input2` of an output row. No
 * window. */
void thimble_concat_s8(const thimble_call* call);
/* For cores with the vector extension (MVE), with weights packed for it; they compute the same everywhere. */
void thimble_mve_conv2d_s8(const thimble_call* call);
/* Fully connected layers, too. */
void thimble_mve_pointwise_s8(const thimble_call* call);
void thimble_mve_depthwise_s8(const thimble_call* call);

/* --- the table of all kernels, in a file of its own: who never asks for it links only the kernels that it names --- */

typedef enum thimble_kernel_id {
  THIMBLE_CONV2D = 0,
  THIMBLE_POINTWISE = 1,
  THIMBLE_DEPTHWISE = 2,
  THIMBLE_FULLY_CONNECTED = 3,
  THIMBLE_ADD = 4,
  THIMBLE_AVERAGE_POOL = 5,
  THIMBLE_MAX_POOL = 6,
  THIMBLE_WINOGRAD = 7,
  THIMBLE_MUL = 8,
  THIMBLE_MEAN = 9,
  THIMBLE_LOOKUP = 10,
  THIMBLE_SOFTMAX = 11,
  THIMBLE_PAD = 12,
  THIMBLE_TRANSPOSE = 13,
  THIMBLE_RESIZE_NEAREST = 14,
  THIMBLE_CONCAT = 15,
  THIMBLE_MVE_CONV2D = 16,
  THIMBLE_MVE_POINTWISE = 17,
  THIMBLE_MVE_DEPTHWISE = 18,
  THIMBLE_SMALL_DEPTHWISE = 19,
  THIMBLE_DEPTHWISE_3X3 = 20,
  THIMBLE_DEPTHWISE_5X5 = 21,
  THIMBLE_DEPTHWISE_7X7 = 22,
  THIMBLE_DEPTHWISE_NARROW = 23,
  THIMBLE_SMALL_CONV2D = 24,
  THIMBLE_DEPTHWISE_NINE = 25,
  THIMBLE_KERNEL_COUNT = 26,
} thimble_kernel_id;

typedef struct thimble_kernel_entry {
  const char* name; /* of the C function, "thimble_conv2d_s8" */
  thimble_kernel kernel;
  uint32_t (*scratch)(const thimble_layer* layer);
  /* Whether the kernel keeps to its tensors, its scratch and its weights for all values of activations and weights. */
  int (*sound)(const thimble_layer* layer);
  uint32_t (*weight_bytes)(const thimble_layer* layer); /* that it reads, from shapes alone */
} thimble_kernel_entry;

/* NULL for a number that is no kernel's. */
const thimble_kernel_entry* thimble_kernel_by_id(uint32_t id);

/* thimble_prepare, and all that the layer's kernel relies on: for layers from a wire, whose fields may be anything.
 * `weight_bytes` lie at layer->weights. */
thimble_status thimble_check_layer(uint32_t id, const thimble_layer* layer, uint32_t weight_bytes, const int8_t* arena,
                                   uint32_t arena_bytes);

/* A layer as words, for a wire: the kernel's id, then the members from `input` to `activation_max` in their order,
 * signed ones sign-extended. The receiver resolves `weights` itself. THIMBLE_BAD_LAYER: the id or a value does not fit.
 */
#define THIMBLE_LAYER_WORDS 28
thimble_status thimble_layer_from_words(thimble_layer* layer, const uint32_t words[THIMBLE_LAYER_WORDS]);
void thimble_layer_to_words(const thimble_layer* layer, uint32_t id, uint32_t words[THIMBLE_LAYER_WORDS]);

/* --- the runner --- */

/* Checks everything that a run relies on, but for the contents of `weights` and the kernel's part of scratch_bytes. */
thimble_status thimble_prepare(const thimble_layer* layers, uint32_t count, const int8_t* arena, uint32_t arena_bytes);

/* One inference. The input lies in the arena where the first layer reads it; so does the output where the last one
 * wrote it. The arena is aligned to 8 bytes. */
void thimble_run(const thimble_layer* layers, uint32_t count, int8_t* arena);
void thimble_run_layer(const thimble_layer* layer, int8_t* arena);

#ifdef __cplusplus
}
#endif
#endif
