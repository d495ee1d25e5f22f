/* Depthwise for any window, stride and core: the block's rows as words of four bytes, padding included. */
#include "depthwise.h"

typedef struct block_rows {
  const thimble_call* call;
  thimble_word* ring; /* [kernel_h][columns]; row r, counted from the first window's top, is in slot r mod kernel_h */
  uint32_t columns, channels, zero;
} block_rows;

static uint32_t word_at(const int8_t* pixel, uint32_t channels) {
  if (channels == 4) return *(const thimble_unaligned_word*)pixel;
  uint32_t word = 0;
  for (uint32_t i = 0; i < channels; ++i) word |= (uint32_t)(uint8_t)pixel[i] << (8 * i);
  return word;
}

/* `channel`: the block's first one. */
static void fill_row(const block_rows* b, const int8_t* row, uint32_t channel, thimble_word* to) {
  const thimble_layer* const layer = b->call->layer;
  const thimble_word* const end = to + b->columns;
  const uint32_t in_c = layer->in_c;
  uint32_t left = layer->in_w;
  for (uint32_t i = layer->pad_left; i != 0 && to < end; --i) *to++ = b->zero;
  if (row != NULL) {
    for (const int8_t* from = row + channel; left != 0 && to < end; --left, from += in_c)
      *to++ = word_at(from, b->channels);
  }
  while (to < end) *to++ = b->zero;
}

static inline int32_t byte_of(uint32_t word, uint32_t index) { return (int8_t)(word >> (8 * index)); }

/* Adds the products of `count` neighbouring words to the sums of four channels. */
static inline void add_products(int32_t* sums, const thimble_word* x, const uint32_t* taps, uint32_t count) {
  int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (; count != 0; --count) {
    const uint32_t pixel = *x++, weights = *taps++;
    a += byte_of(pixel, 0) * byte_of(weights, 0);
    b += byte_of(pixel, 1) * byte_of(weights, 1);
    c += byte_of(pixel, 2) * byte_of(weights, 2);
    d += byte_of(pixel, 3) * byte_of(weights, 3);
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

static int8_t narrow_result(const thimble_layer* layer, const uint32_t* constants, int32_t sum) {
  const uint32_t scale_bits = constants[8] >> 8 & 31u;
  const int32_t nudge = layer->relu ? 0 : (int32_t)((uint32_t)sum >> 31) << 7;
  const int32_t high = thimble_high_mul((int32_t)((uint32_t)sum << scale_bits), (int32_t)constants[0]);
  return thimble_saturate_s8((high + (int32_t)constants[4] - nudge) >> (constants[8] & 31u));
}

static int8_t wide_result(const thimble_layer* layer, const uint32_t* constants, int32_t sum) {
  const thimble_channel channel = {(int32_t)constants[0], constants[8]};
  const thimble_scale scale = thimble_scale_of(&channel, 2 * layer->output_zero + 1, layer->relu);
  return thimble_saturate_s8(thimble_requantise(sum, &scale));
}

/* The biases with the zero point folded in, as the words hold plain bytes. */
static void fold_zero(const thimble_layer* layer, const uint32_t* block, int32_t* bias) {
  const uint32_t taps = (uint32_t)layer->kernel_h * layer->kernel_w;
  const uint32_t* const weights = block + THIMBLE_DEPTHWISE_CONSTANTS;
  for (uint32_t i = 0; i < 4; ++i) {
    int32_t sum = 0;
    for (uint32_t t = 0; t < taps; ++t) sum += byte_of(weights[t], i);
    bias[i] = (int32_t)(block[12 + i] - (uint32_t)(sum * layer->input_zero));
  }
}

/* One row of outputs; `slot`: where the window's first row is. */
static void compute_row(const block_rows* b, const uint32_t* block, const int32_t* bias, uint32_t slot,
                        int8_t* output) {
  const thimble_layer* const layer = b->call->layer;
  const thimble_word* x = b->ring;
  for (uint32_t left = layer->out_w; left != 0; --left, x += layer->stride_w, output += layer->out_c) {
    int32_t sums[4] = {bias[0], bias[1], bias[2], bias[3]};
    const uint32_t* taps = block + THIMBLE_DEPTHWISE_CONSTANTS;
    const thimble_word* row = x + slot * b->columns;
    for (uint32_t ky = 0; ky < layer->kernel_h; ++ky, taps += layer->kernel_w) {
      add_products(sums, row, taps, layer->kernel_w);
      row = slot + ky + 1 == layer->kernel_h ? x : row + b->columns;
    }
    for (uint32_t i = 0; i < b->channels; ++i)
      output[i] = layer->wide == THIMBLE_DEPTHWISE_GENERAL ? wide_result(layer, block + i, sums[i])
                                                           : narrow_result(layer, block + i, sums[i]);
  }
}

static void run_block(const block_rows* b, const uint32_t* block, uint32_t channel) {
  const thimble_call* const call = b->call;
  const thimble_layer* const layer = call->layer;
  const uint32_t kernel_h = layer->kernel_h, stride = layer->stride_h;
  const int32_t top = (int32_t)(call->first * stride) - layer->pad_top;
  int8_t* output = call->output + channel;
  uint32_t next = 0, slot = 0; /* of the next row to fill */
  uint32_t first = 0, first_slot = 0;
  int32_t bias[4];
  fold_zero(layer, block, bias);
  for (uint32_t left = call->count; left != 0; --left, output += (uint32_t)layer->out_w * layer->out_c) {
    for (; next < first + kernel_h; ++next) {
      fill_row(b, thimble_row(&call->input, top + (int32_t)next), channel, b->ring + slot * b->columns);
      slot = slot + 1 == kernel_h ? 0 : slot + 1;
    }
    compute_row(b, block, bias, first_slot, output);
    first += stride;
    first_slot += stride;
    while (first_slot >= kernel_h) first_slot -= kernel_h;
  }
}

void thimble_depthwise_general(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t words = THIMBLE_DEPTHWISE_CONSTANTS + (uint32_t)layer->kernel_h * layer->kernel_w;
  const uint32_t* block = layer->weights;
  block_rows b = {call, call->scratch, (layer->out_w - 1u) * layer->stride_w + layer->kernel_w, 4,
                  0x01010101u * (uint8_t)layer->input_zero};
  for (uint32_t channel = 0; channel < layer->out_c; channel += 4, block += words) {
    if (layer->out_c - channel < 4u) b.channels = layer->out_c - channel;
    run_block(&b, block, channel);
  }
}
