#include "add.h"

uint32_t thimble_add_s8_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

/* thimble_requantise of 2x for a right shift of 1 or more: the nudge of ties is the sign. */
static inline int32_t scaled_sum(int32_t doubled, const thimble_scale* scale) {
  const int32_t sum = thimble_high_mul_add(doubled, scale->multiplier, scale->addend + (doubled >> 31));
#if THIMBLE_DSP
  int32_t result;
  __asm__("asr %0, %1, %2" : "=r"(result) : "r"(sum), "r"(scale->right));
  return result;
#else
  return sum >> (scale->right & 31u);
#endif
}

static inline int32_t scaled_operand(int32_t doubled, const thimble_scale* scale) {
#if THIMBLE_DSP
  int32_t nudge, result;
  __asm__("lsr %0, %1, %2" : "=r"(nudge) : "r"(doubled), "r"(scale->nudge)); /* a shift by 32 gives 0 */
  result = thimble_high_mul_add(doubled, scale->multiplier, scale->addend - nudge);
  __asm__("asr %0, %0, %1" : "+r"(result) : "r"(scale->right));
  return result;
#else
  const int32_t nudge = (int32_t)(((uint32_t)doubled >> 31) & ~(scale->nudge >> 5));
  return thimble_high_mul_add(doubled, scale->multiplier, scale->addend - nudge) >> (scale->right & 31u);
#endif
}

/* TFLite's ADD: the operands less their zero points, shifted left by 20, each scaled, then the sum scaled. */
static inline int8_t add_one(int32_t a, int32_t b, const thimble_add* add, const thimble_scale* input2,
                             const thimble_scale* output) {
  const int32_t first = (int32_t)((uint32_t)a << 19) + add->offset1;
  const int32_t second = scaled_operand((int32_t)((uint32_t)b << 21) + add->offset2, input2);
  return thimble_saturate_s8(scaled_sum((first + second) * 2, output));
}

static void add_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const thimble_add add = *(const thimble_add*)(const void*)layer->weights;
  const thimble_scale input2 = thimble_scale_of(&add.input2, 1, 0);
  const thimble_scale scale = thimble_scale_of(&add.output, 2 * layer->output_zero + 1, 0);
  uint32_t left = (uint32_t)layer->out_w * layer->out_c;
  const int8_t* const second = call->input2 + call->first * left + (output - call->output);
  const int8_t *a = add.swap ? second : rows[0], *b = add.swap ? rows[0] : second;
  for (; left >= 2; left -= 2, a += 2, b += 2, output += 2) {
    const int32_t a0 = a[0], a1 = a[1], b0 = b[0], b1 = b[1];
    output[0] = add_one(a0, b0, &add, &input2, &scale);
    output[1] = add_one(a1, b1, &add, &input2, &scale);
  }
  if (left != 0) *output = add_one(*a, *b, &add, &input2, &scale);
}

void thimble_add_s8(const thimble_call* call) { thimble_each_row(call, add_row); }
