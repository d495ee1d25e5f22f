#include "add.h"

uint32_t thimble_add_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

/* TFLite's ADD: the operands less their zero points, shifted left by 20, each scaled, then the sum scaled. */
static int8_t add_one(int32_t a, int32_t b, const thimble_add* add, const thimble_scale scales[3]) {
  const int32_t first = thimble_requantise((a + add->offset1) * (1 << 20), scales);
  const int32_t second = thimble_requantise((b + add->offset2) * (1 << 20), scales + 1);
  return thimble_saturate_s8(thimble_requantise(first + second, scales + 2));
}

void thimble_add_s8(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch) {
  (void)scratch;
  const thimble_add* const add = (const thimble_add*)(const void*)layer->weights;
  const thimble_scale scales[3] = {thimble_scale_of(&add->input1, 1, 0), thimble_scale_of(&add->input2, 1, 0),
                                   thimble_scale_of(&add->output, 2 * layer->output_zero + 1, layer->relu)};
  const int8_t *a = rows[0], *b = rows[1];
  for (uint32_t left = (uint32_t)layer->out_w * layer->out_c; left != 0; --left)
    *output++ = add_one(*a++, *b++, add, scales);
}
