#include "depthwise_driver.h"

#if THIMBLE_DEPTHWISE_FAST

THIMBLE_RARE void thimble_depthwise_fill_some_of_map(const thimble_depthwise_map* map, const int8_t* input,
                                                     uint32_t channels) {
  const uint32_t minus_zero = map->zero & 0xffffu;
  thimble_word* to = map->to;
  for (uint32_t unit = 0; unit < map->above + map->units + map->below; ++unit) {
    const uint32_t has_a = unit >= map->above, has_b = unit < map->above + map->units;
    for (uint32_t left = map->columns; left != 0; --left, input += map->pixel_bytes, to += 4) {
      for (uint32_t i = 0; i < channels; ++i) {
        const int8_t* const b = input + (has_a ? map->row_bytes : 0) + i;
        to[i] = (has_a ? ((uint32_t)input[i] + minus_zero) & 0xffffu : 0) | (has_b ? (uint32_t)*b + minus_zero : 0)
                                                                                << 16;
      }
    }
    input += map->rest + (has_a ? map->row_bytes : 0);
    to += map->gap / 4;
  }
}

THIMBLE_RARE void thimble_depthwise_fill_zeros(thimble_word* to, uint32_t words) {
  for (; words != 0; words -= 4, to += 4) to[0] = to[1] = to[2] = to[3] = 0;
}

THIMBLE_RARE void thimble_depthwise_store_some(int8_t* to, const thimble_word* stage, uint32_t step, uint32_t count,
                                               uint32_t stride, uint32_t channels) {
  const int8_t* from = (const int8_t*)stage;
  for (; count != 0; --count, to += step, from += 4 * stride) {
    for (uint32_t i = 0; i < channels; ++i) to[i] = from[i];
  }
}

#else
typedef int thimble_depthwise_driver_is_empty; /* ISO C wants a declaration */
#endif
