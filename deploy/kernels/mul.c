#include "mul.h"

uint32_t thimble_mul_s8_scratch(const thimble_layer* layer) { return thimble_pair_scratch(layer); }

static void multiply(const thimble_layer* layer, const int8_t* a, const int8_t* b, int8_t* y, uint32_t count) {
  const thimble_mul* const mul = (const thimble_mul*)(const void*)layer->weights;
  const thimble_scale scale = thimble_scale_of(&mul->output, 2 * layer->output_zero + 1, layer->relu);
  const int32_t zero1 = layer->input_zero, zero2 = mul->input2_zero;
  for (; count != 0; --count) *y++ = thimble_saturate_s8(thimble_requantise((*a++ - zero1) * (*b++ - zero2), &scale));
}

void thimble_mul_s8(const thimble_call* call) {
  thimble_each_pair(call, thimble_second_operand(call, THIMBLE_MUL_WORDS), multiply);
}
