#include "winograd.h"

/* Rows or columns of a 4x4 in the order of the packed weights. */
enum { kRows = 4 };

static thimble_word add_lanes(thimble_word a, thimble_word b) {
  return ((a + b) & 0xffffu) | ((a & 0xffff0000u) + (b & 0xffff0000u));
}

static thimble_word sub_lanes(thimble_word a, thimble_word b) {
  return ((a - b) & 0xffffu) | ((a & 0xffff0000u) - (b & 0xffff0000u));
}

/* B' times the words x, y, z, w, in the order 1, 2, 3, 0; the results are `stride` words apart. */
static void transform_four(thimble_word x, thimble_word y, thimble_word z, thimble_word w, thimble_word* to,
                           uint32_t stride) {
  to[0] = add_lanes(y, z);
  to[stride] = sub_lanes(z, y);
  to[2 * stride] = sub_lanes(y, w);
  to[3 * stride] = sub_lanes(x, z);
}

static thimble_word pair_of(const int8_t* bytes, uint32_t odd) {
  const uint32_t word = *(const thimble_word*)bytes;
  return odd != 0 ? thimble_odd_bytes(word) : thimble_even_bytes(word);
}

/* B'd of one column of the pair of channels at `offset` of the rows. */
static void transform_column(const int8_t* const* rows, uint32_t offset, uint32_t odd, thimble_word* to,
                             uint32_t stride) {
  transform_four(pair_of(rows[0] + offset, odd), pair_of(rows[1] + offset, odd), pair_of(rows[2] + offset, odd),
                 pair_of(rows[3] + offset, odd), to, stride);
}

/* Columns 0 and 1 of the first tiles of a row. */
static void carry_first_columns(const thimble_winograd_input* input) {
  thimble_word* carried = input->carried;
  for (uint32_t pair = 0; pair < input->in_c / 2; ++pair, carried += 2 * kRows) {
    const uint32_t channel = (pair & ~1u) * 2;
    for (uint32_t column = 0; column < 2; ++column)
      transform_column(input->rows, column * input->in_c + channel, pair & 1u, carried + column, 2);
  }
}

#if !THIMBLE_DSP

void thimble_winograd_transform(const thimble_winograd_input* input) {
  thimble_word *carried = input->carried, *to = input->transformed;
  for (uint32_t pair = 0; pair < input->in_c / 2; ++pair, to += THIMBLE_WINOGRAD_PAIR) {
    thimble_word columns[4][kRows]; /* 2 to 5 */
    for (uint32_t column = 0; column < 4; ++column)
      transform_column(input->rows, column * input->in_c + (pair & ~1u) * 2, pair & 1u, columns[column], 1);
    for (uint32_t row = 0; row < kRows; ++row, carried += 2) {
      transform_four(carried[0], carried[1], columns[0][row], columns[1][row], to + 2 * row, 2 * kRows);
      transform_four(columns[0][row], columns[1][row], columns[2][row], columns[3][row], to + 2 * row + 1, 2 * kRows);
      carried[0] = columns[2][row];
      carried[1] = columns[3][row];
    }
  }
}

static int8_t requantised(int32_t x, const thimble_winograd_channel* channel, uint32_t relu) {
  const uint32_t nudge = relu != 0 ? 0 : ((uint32_t)x >> 31) * 2;
  const uint32_t scaled = (uint32_t)thimble_high_mul(x, channel->multiplier) + (uint32_t)channel->addend - nudge;
  return thimble_saturate_s8((int32_t)scaled >> channel->shift);
}

/* The sums of one column of products: first and second row of outputs. */
typedef struct column_sums {
  uint32_t first, second;
} column_sums;

/* `weights` of one channel, a word every four; `transformed` of one tile, a word every THIMBLE_WINOGRAD_PAIR. */
static uint32_t dot(const uint32_t* weights, const thimble_word* transformed, uint32_t pairs) {
  uint32_t sum = 0;
  for (; pairs != 0; --pairs, weights += 4, transformed += THIMBLE_WINOGRAD_PAIR) {
    const uint32_t w = *weights, x = *transformed;
    sum += (uint32_t)((int32_t)(int16_t)w * (int16_t)x) + (uint32_t)((int32_t)(int16_t)(w >> 16) * (int16_t)(x >> 16));
  }
  return sum;
}

static column_sums multiply_column(const uint32_t* weights, const thimble_word* transformed, uint32_t pairs) {
  const uint32_t one = dot(weights, transformed, pairs);
  const uint32_t two = dot(weights + 4 * pairs, transformed + 2, pairs);
  const uint32_t three = dot(weights + 8 * pairs, transformed + 4, pairs);
  const uint32_t zero = dot(weights + 12 * pairs, transformed + 6, pairs);
  const column_sums sums = {one + two + zero, one - two + three};
  return sums;
}

/* Four outputs of one channel and tile into `to`, a byte every word: two columns of two rows. */
static void multiply_tile(const uint32_t* weights, uint32_t start, const thimble_word* transformed, uint32_t pairs,
                          const thimble_winograd_channel* channel, uint32_t relu, int8_t* to) {
  column_sums sums[4];
  for (uint32_t i = 0; i < 4; ++i)
    sums[i] = multiply_column(weights + 16 * pairs * i, transformed + 2 * kRows * i, pairs);
  sums[0].first += start, sums[0].second += start;
  to[0] = requantised((int32_t)(sums[0].first + sums[1].first + sums[3].first), channel, relu);
  to[4] = requantised((int32_t)(sums[0].first - sums[1].first + sums[2].first), channel, relu);
  to[16] = requantised((int32_t)(sums[0].second + sums[1].second + sums[3].second), channel, relu);
  to[20] = requantised((int32_t)(sums[0].second - sums[1].second + sums[2].second), channel, relu);
}

static void store_outputs(thimble_winograd_tiles* tiles, const thimble_word* outputs) {
  int8_t* to = tiles->output;
  for (uint32_t column = 0; column < tiles->columns; ++column, to += tiles->out_c) {
    *(thimble_word*)(to + tiles->second) = outputs[4 + column];
    *(thimble_word*)to = outputs[column];
  }
  tiles->output += 4;
}

void thimble_winograd_multiply(thimble_winograd_tiles* tiles) {
  const uint32_t pairs = (uint32_t)(tiles->transformed_end - tiles->transformed) / THIMBLE_WINOGRAD_PAIR;
  thimble_word* const outputs = tiles->sums + 64;
  for (const uint32_t* block = tiles->weights; block != tiles->weights_end;) {
    const thimble_winograd_channel* const channels = (const thimble_winograd_channel*)(block + 4 + 64 * pairs);
    for (uint32_t channel = 0; channel < 4; ++channel) {
      for (uint32_t tile = 0; tile < 2; ++tile)
        multiply_tile(block + 4 + channel, block[channel], tiles->transformed + tile, pairs, channels + channel,
                      tiles->relu, (int8_t*)(outputs + 2 * tile) + channel);
    }
    store_outputs(tiles, outputs);
    block = (const uint32_t*)(channels + 4);
  }
}

#endif

/* Four columns from `x` on of a row, filled up with the padding where they leave the input. */
static void copy_columns(const thimble_layer* layer, const int8_t* row, int32_t x, int8_t* to) {
  const uint32_t in_c = layer->in_c;
  const int32_t right = (int32_t)layer->in_w - x;
  const uint32_t last = right <= 0 ? 0u : right < 4 ? (uint32_t)right : 4u;
  const uint32_t first = x >= 0 ? 0u : x > -(int32_t)last ? (uint32_t)-x : last;
  thimble_fill(to, layer->input_zero, first * in_c);
  thimble_copy(to + first * in_c, row + (x + (int32_t)first) * (int32_t)in_c, (last - first) * in_c);
  thimble_fill(to + last * in_c, layer->input_zero, (4 - last) * in_c);
}

/* Points `input` to four columns from `x` on: to the input itself, to a copy of them with its padding, or to padding.
 */
static void point_to_columns(const thimble_layer* layer, const int8_t* const* rows, int32_t x, int8_t* copy,
                             thimble_winograd_input* input) {
  const int inside = x >= 0 && x + 4 <= (int32_t)layer->in_w;
  for (uint32_t i = 0; i < kRows; ++i, copy += 4 * layer->in_c) {
    input->rows[i] = copy;
    if (rows[i] == NULL) {
      thimble_fill(copy, layer->input_zero, 4u * layer->in_c);
    } else if (inside) {
      input->rows[i] = rows[i] + x * (int32_t)layer->in_c;
    } else {
      copy_columns(layer, rows[i], x, copy);
    }
  }
}

/* The scratch: transformed inputs, carried ones, then what either transform or products work in. */
static uint32_t transformed_bytes(const thimble_layer* layer) { return 2u * layer->in_c * THIMBLE_WINOGRAD_PAIR; }
static uint32_t carried_bytes(const thimble_layer* layer) { return 16u * layer->in_c; }
static uint32_t copied_bytes(const thimble_layer* layer) { return 16u * layer->in_c; }

enum { kSumsBytes = 4 * (64 + 8), kStepBytes = 56, kSteps = 8 };

uint32_t thimble_winograd_s8_scratch(const thimble_layer* layer) {
  const uint32_t copied = copied_bytes(layer);
  return transformed_bytes(layer) + carried_bytes(layer) + (copied > kSumsBytes ? copied : (uint32_t)kSumsBytes);
}

static uint32_t weight_words(const thimble_layer* layer) {
  const uint32_t block = 4 + 32u * layer->in_c + 4 * sizeof(thimble_winograd_channel) / 4;
  return layer->out_c / 4u * block;
}

/* The first or the first and second of two rows of outputs: `left` of them remain. */
static void compute_rows(const thimble_call* call, const int8_t* const* rows, int8_t* output, uint32_t left) {
  const thimble_layer* const layer = call->layer;
  int8_t *const transformed = call->scratch, *const carried = transformed + transformed_bytes(layer);
  int8_t* const copy = carried + carried_bytes(layer);
  thimble_winograd_input input;
  input.in_c = layer->in_c;
  input.carried = (thimble_word*)carried;
  input.transformed = (thimble_word*)transformed;
  thimble_winograd_tiles tiles; /* by members: an initialiser may become a call of memset */
  tiles.weights = layer->weights;
  tiles.transformed = input.transformed;
  tiles.transformed_end = input.carried;
  tiles.back = transformed_bytes(layer) - 8;
  tiles.entry = (0u - layer->in_c / 2u) % kSteps * kStepBytes;
  tiles.sums = (thimble_word*)copy;
  tiles.weights_end = layer->weights + weight_words(layer);
  tiles.second = left > 1 ? (uint32_t)layer->out_w * layer->out_c : 0;
  tiles.out_c = layer->out_c;
  tiles.relu = layer->relu;
  const int32_t first = -(int32_t)layer->pad_left;
  point_to_columns(layer, rows, first, copy, &input);
  carry_first_columns(&input);
  for (uint32_t x = 0; x < layer->out_w; x += 4, output += 4 * tiles.out_c) {
    point_to_columns(layer, rows, first + 2 + (int32_t)x, copy, &input);
    thimble_winograd_transform(&input);
    tiles.output = output;
    tiles.columns = layer->out_w - x < 4 ? layer->out_w - x : 4;
    thimble_winograd_multiply(&tiles);
  }
}

void thimble_winograd_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t row_bytes = (uint32_t)layer->out_w * layer->out_c;
  for (uint32_t y = 0; y < call->count; y += 2) {
    const int32_t top = (int32_t)(call->first + y) - layer->pad_top;
    const int8_t* rows[kRows];
    for (uint32_t i = 0; i < kRows; ++i) rows[i] = thimble_row(&call->input, top + (int32_t)i);
    compute_rows(call, rows, call->output + y * row_bytes, call->count - y);
  }
}
