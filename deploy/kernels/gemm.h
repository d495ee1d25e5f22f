/* Output channels of some pixels from widened inputs: what 1x1, KxK and fully connected layers share.
 *
 * A pixel's column is int16 in words of two, `steps` of them. A window is kernel_h segments of kernel_w * in_c inputs.
 * First come the fours of all segments, each as the words (0, 2), (1, 3), which is what SXTB16 gives; then the rests of
 * all segments, one to three inputs of each, in their order; a last half may be left over, and meets a zero weight.
 * Layers of few channels have an order of their own (conv2d_few.c). The columns of two pixels alternate word by word.
 *
 * Two channels A, B share a halfword, 256 * a + b. With raw the sum of x * (256 a + b) and B the sum of x * b, where b
 * is the sign-extended low byte, 256 A = raw - B: one SXTB16 for four weights, and A comes out scaled for requantising.
 * That is exact modulo 2^32, so while A is in [-2^23, 2^23).
 *
 * Weights are packed per block of four output channels 0 to 3, the last one filled up with zeros:
 *   int32 start[4]            256 start1 + start0, 256 start3 + start2, start0, start2
 *   per word of two inputs    {256 w1 + w0}, {256 w3 + w2}: two words of two halfwords
 *   multiplier, addend        of channels 1 and 3, each {of 1, of 3}, then of 0 and 2
 * Any activation but relu: after the addend, the addend where the sum with its start is below zero. Requantised is with
 * a shift that is the same for all layers, which deploy/pack/channel.hpp has the constants for: from 256 times the sum,
 * with relu for channels 0 and 2 from the sum itself. Where multipliers are too large for the shift, the inputs in the
 * columns are doubled, once or twice.
 *
 * Layers with a channel for which that is not exact are `wide`: sums are those of bytes, the odd channel's in the high
 * ones, start[4] is the biases of 1, 3, 0, 2, and the constants are {multiplier, shifts as in thimble_channel} for
 * thimble_requantise, four words being left over without relu.
 */
#ifndef THIMBLE_GEMM_H
#define THIMBLE_GEMM_H

#include "lanes.h"

/* Right shifts of what is scaled: the assembly wants numbers. */
#define THIMBLE_GEMM_SHIFT_RELU 11
#define THIMBLE_GEMM_SHIFT_RELU_EVEN 3 /* 8 less: of sums that are not scaled */
#define THIMBLE_GEMM_SHIFT_ANY 14

/* Those of any activation are odd: their blocks have more constants. */
enum { THIMBLE_GEMM_RELU = 0, THIMBLE_GEMM_ANY = 1, THIMBLE_GEMM_WIDE = 2, THIMBLE_GEMM_WIDE_ANY = 3 };
/* thimble_layer::wide; more than WIDE: inputs are doubled once or more. */
enum { THIMBLE_GEMM_FORM_NARROW = 0, THIMBLE_GEMM_FORM_WIDE = 1, THIMBLE_GEMM_FORM_MOST = 3 };

/* The assembly knows the order. */
typedef struct thimble_gemm {
  const uint32_t* weights;
  thimble_word* column;
  uint32_t steps;
  int8_t* output;    /* of the first pixel, int8 [blocks * 4] */
  uint32_t distance; /* bytes from there to the next pixel's */
  uint32_t blocks;   /* of four channels */
  uint32_t mode;     /* THIMBLE_GEMM_... */
  uint32_t pairs;    /* of pixels; 1 where the column is ready */
  int32_t zero2;     /* wide: 2 * output zero point + 1 */
  /* How the columns are gathered. Where they are ready, before every pair `offset` bytes are added to `column` and
   * `next` bytes to `output`, modulo 2^32, besides the two distances that a pair is long. */
  const int8_t* const* rows; /* kernel_h rows that hold the segments, NULL for one of padding; NULL: they are ready */
  uint32_t kernel_h;
  uint32_t offset;    /* bytes from a row's start to the first pixel's segment */
  uint32_t next;      /* bytes from there to the next pixel's */
  uint32_t fours;     /* bytes of a segment that come in fours */
  uint32_t rest;      /* those after them */
  uint32_t zero;      /* the input's zero point in both halves */
  thimble_word* tail; /* of the columns of a pair, where the rests go */
  uint32_t doublings; /* of the inputs */
} thimble_gemm;

/* Pairs of pixels, whose columns alternate; with ready columns one pair where the layer is wide. */
void thimble_gemm_two(const thimble_gemm* gemm);
/* One pixel, whose column is ready; not wide. */
void thimble_gemm_one(const thimble_gemm* gemm);

#if THIMBLE_DSP && defined(__ARM_FP)
#define THIMBLE_QUAD 1
/* `pairs` counts groups of four pixels, `next` bytes apart, rows[0] is the first; 8 or 16 inputs of each; not wide. */
void thimble_gemm_four(const thimble_gemm* gemm);
#else
#define THIMBLE_QUAD 0
#endif

static inline uint32_t thimble_segment_bytes(const thimble_layer* layer) {
  return (uint32_t)layer->kernel_w * layer->in_c;
}
static inline uint32_t thimble_gemm_steps(const thimble_layer* layer) {
  return (layer->kernel_h * thimble_segment_bytes(layer) + 1) / 2;
}

/* At most three input channels: conv2d_few.c. */
static inline int thimble_gemm_is_few(const thimble_layer* layer) {
  return layer->in_c <= 3 && layer->kernel_w >= 2 && (layer->stride_w == 1 || layer->stride_w == 2) &&
         layer->out_c % 4 == 0;
}

static inline int thimble_gemm_is_wide(const thimble_layer* layer) { return layer->wide == THIMBLE_GEMM_FORM_WIDE; }
static inline uint32_t thimble_gemm_mode(const thimble_layer* layer) {
  return (thimble_gemm_is_wide(layer) ? THIMBLE_GEMM_WIDE : THIMBLE_GEMM_RELU) + (layer->relu ? 0u : 1u);
}
/* Inputs are doubled so many times. */
static inline uint32_t thimble_gemm_doublings(const thimble_layer* layer) {
  return layer->wide > THIMBLE_GEMM_FORM_WIDE ? layer->wide - 1u : 0;
}
static inline void thimble_gemm_double(thimble_word* words, uint32_t count, uint32_t doublings) {
  for (; doublings != 0; --doublings) {
    for (uint32_t i = 0; i < count; ++i) words[i] = words[i] << 1 & 0xfffeffffu;
  }
}
/* Words of a block's constants. */
static inline uint32_t thimble_gemm_constants(uint32_t mode) { return mode % 2 == 0 ? 8 : 12; }

/* Bytes of the columns, and of the outputs of a pair where blocks do not fit; a multiple of 8. */
uint32_t thimble_gemm_bytes(const thimble_layer* layer);

/* A column being filled. */
typedef struct thimble_cursor {
  thimble_word* word;                        /* for the next fours */
  int16_t __attribute__((may_alias)) * half; /* for the next of a rest */
  uint32_t pixels;                           /* words from one to the next of the same pixel: 1 or 2 */
} thimble_cursor;

/* A segment of `count` bytes, or of as many zero points where `from` is NULL. */
void thimble_put_segment(thimble_cursor* cursor, const int8_t* from, uint32_t count, int32_t zero);

/* Output pixels of one window of rows. */
typedef struct thimble_window {
  const thimble_layer* layer;
  const int8_t** rows; /* kernel_h of them, NULL: padding */
  void* scratch;
  uint32_t width;      /* pixels */
  uint32_t first, end; /* those whose windows lie wholly on the rows */
  /* Any other's: `pad` replaces the rows by copies of what the windows of `pixels` (1 or 2) pixels from x on cover,
   * padding included; `restore` undoes it. NULL where there are none. */
  void (*pad)(const struct thimble_window* window, uint32_t x, uint32_t pixels);
  void (*restore)(const struct thimble_window* window);
  const thimble_call* call; /* for those two */
  int32_t top;
} thimble_window;
void thimble_gemm_pixels(const thimble_window* window, int8_t* output);

/* What all of them share. */
thimble_gemm thimble_gemm_of(const thimble_window* window);
void thimble_conv2d_few(const thimble_window* window, int8_t* output);
uint32_t thimble_conv2d_few_scratch(const thimble_layer* layer);

#endif
