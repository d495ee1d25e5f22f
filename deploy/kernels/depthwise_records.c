/* Weights of 5x5 and 7x7, stride 1, as the assembly reads them. */
#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* Where pairs of window rows (row, row + 1) go in a record: first column's word, words from column to column. */
typedef struct row_pair {
  uint8_t row, at, step;
} row_pair;

static const row_pair pairs_5[] = {{0, 0, 1}, {2, 5, 2}, {1, 6, 2}, {3, 15, 1}};
static const row_pair pairs_7[] = {{0, 0, 1}, {1, 7, 1}, {3, 14, 1}, {5, 21, 1}, {2, 32, 1}, {4, 39, 1}};

/* Of `words` words; the constants from word `constants` on. */
static void put_records(const uint32_t* block, thimble_word* to, uint32_t kernel, const row_pair* pair, uint32_t words,
                        uint32_t constants) {
  thimble_depthwise_pairs pairs;
  pairs.record = 4 * words;
  pairs.from_step = 4;
  for (uint32_t i = 0; i < 4; ++i) pairs.scales[i] = 1u << (block[8 + i] >> 8);
  for (uint32_t left = kernel - 1; left != 0; --left, ++pair) {
    pairs.to = to + pair->at;
    pairs.step = 4u * pair->step;
    pairs.a = block + THIMBLE_DEPTHWISE_CONSTANTS + pair->row * kernel;
    pairs.b = pairs.a + kernel;
    pairs.count = kernel;
    thimble_depthwise_put_pairs(&pairs);
  }
  to += constants;
  for (uint32_t i = 0; i < 4; ++i, to += words, ++block) {
    to[0] = block[0];
    to[1] = block[4];
    to[2] = block[8];
    to[3] = block[12] << (block[8] >> 8);
  }
}

void thimble_depthwise_5x5_records(const uint32_t* block, thimble_word* records) {
  put_records(block, records, 5, pairs_5, 24, 20);
}

void thimble_depthwise_7x7_records(const uint32_t* block, thimble_word* records) {
  put_records(block, records, 7, pairs_7, 46, 28);
}

#else
typedef int thimble_depthwise_records_is_empty; /* ISO C wants a declaration */
#endif
