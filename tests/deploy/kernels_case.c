#include "tests/deploy/kernels_case.h"

static uint32_t words_of(uint32_t bytes) { return (bytes + 3) / 4; }

uint32_t kernels_case_words(const kernels_case* record) {
  return (uint32_t)sizeof *record / 4 + record->weight_words + words_of(record->arena_bytes) +
         words_of(record->output_bytes);
}

static int within(uint32_t i, uint32_t begin, uint32_t bytes) { return i >= begin && i - begin < bytes; }

kernels_verdict kernels_check(const kernels_case* record, int8_t* arena) {
  const uint32_t* const weights = (const uint32_t*)(record + 1);
  const int8_t* const before = (const int8_t*)(weights + record->weight_words);
  const int8_t* const expected = before + 4 * words_of(record->arena_bytes);
  thimble_layer layer;
  if (thimble_layer_from_words(&layer, record->layer) != THIMBLE_OK) return KERNELS_REJECTED;
  layer.weights = record->weight_words != 0 ? weights : NULL;
  for (uint32_t i = 0; i < record->arena_bytes; ++i) arena[i] = before[i];
  if (thimble_prepare(&layer, 1, arena, record->arena_bytes) != THIMBLE_OK) return KERNELS_REJECTED;
  thimble_run(&layer, 1, arena);
  for (uint32_t i = 0; i < record->arena_bytes; ++i) {
    if (within(i, layer.output, record->output_bytes)) {
      if (arena[i] != expected[i - layer.output]) return KERNELS_WRONG_OUTPUT;
    } else if (!within(i, layer.scratch, layer.scratch_bytes) && arena[i] != before[i]) {
      return KERNELS_STRAY_WRITE;
    }
  }
  return KERNELS_SAME;
}
