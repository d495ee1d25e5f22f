#include "pool.h"

static int8_t window_max(const thimble_layer* layer, const int8_t* const* rows, thimble_span columns, uint32_t c) {
  int32_t most = -128;
  for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    const int8_t* x = rows[ky] + columns.first * layer->in_c + c;
    for (uint32_t i = columns.first; i < columns.last; ++i, x += layer->in_c) most = *x > most ? *x : most;
  }
  return (int8_t)most;
}

/* The larger of each two signed bytes. */
static inline uint32_t max_bytes(uint32_t a, uint32_t b) {
#if THIMBLE_DSP
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b));
  return result;
#else
  uint32_t result = 0;
  for (uint32_t shift = 0; shift < 32; shift += 8) {
    const int8_t first = (int8_t)(a >> shift), second = (int8_t)(b >> shift);
    result |= (uint32_t)(uint8_t)(first > second ? first : second) << shift;
  }
  return result;
#endif
}

/* Four channels at a time; in_c is a multiple of 4. */
static void pool_quads(const thimble_layer* layer, const int8_t* const* rows, thimble_span columns, int8_t* output) {
  const uint32_t step = layer->in_c / 4u;
  for (uint32_t c = 0; c < layer->out_c; c += 4) {
    uint32_t most = 0x80808080u;
    for (uint32_t ky = 0; ky < layer->kernel_h; ++ky) {
      if (rows[ky] == NULL) continue;
      const thimble_word* x = (const thimble_word*)(rows[ky] + columns.first * layer->in_c + c);
      for (uint32_t left = columns.last - columns.first; left != 0; --left, x += step) most = max_bytes(*x, most);
    }
    *(thimble_word*)(output + c) = most;
  }
}

uint32_t thimble_max_pool_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

static void pool_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  for (uint32_t x = 0; x < layer->out_w; ++x, output += layer->out_c) {
    const thimble_span columns = thimble_pool_columns(layer, x);
    if (layer->in_c % 4 == 0) {
      pool_quads(layer, rows, columns, output);
      continue;
    }
    for (uint32_t c = 0; c < layer->out_c; ++c) output[c] = window_max(layer, rows, columns, c);
  }
}

void thimble_max_pool_s8(const thimble_call* call) { thimble_each_row(call, pool_row); }
