#include "add.h"

uint32_t thimble_add_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

void thimble_add_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  (void)scratch;
  const thimble_add* const add = (const thimble_add*)(const void*)layer->weights;
  const int32_t zero2 = 2 * layer->output_zero + 1;
  const uint32_t count = (uint32_t)layer->out_w * layer->out_c;
  for (uint32_t i = 0; i < count; ++i) {
    const int32_t first = (rows[0][i] + add->offset1) * (1 << 20);
    const int32_t second = (rows[1][i] + add->offset2) * (1 << 20);
    const int32_t sum = thimble_requantise(first, &add->input1, 1, 0) + thimble_requantise(second, &add->input2, 1, 0);
    output[i] = thimble_saturate_s8(thimble_requantise(sum, &add->output, zero2, layer->relu));
  }
}
