#include "mul.h"

uint32_t thimble_mul_s8_scratch(const thimble_layer* layer) { return thimble_pair_scratch(layer); }

static const thimble_mul* constants_of(const thimble_layer* layer) {
  return (const thimble_mul*)(const void*)layer->weights;
}

static void multiply(const thimble_layer* layer, const int8_t* a, const int8_t* b, int8_t* y, uint32_t count) {
  const thimble_mul* const mul = constants_of(layer);
  const thimble_scale scale = thimble_scale_of(&mul->output, 2 * layer->output_zero + 1, layer->relu);
  const int32_t zero1 = layer->input_zero, zero2 = mul->input2_zero;
  for (; count != 0; --count) *y++ = thimble_saturate_s8(thimble_requantise((*a++ - zero1) * (*b++ - zero2), &scale));
}

#if THIMBLE_DSP
/* Four channels of all pixels. Assembly knows the order of the members. */
typedef struct thimble_mul_columns {
  const int8_t* a;
  int8_t* y;
  uint32_t channels;
  int32_t alpha[4], start[4];
  const int8_t* end; /* of a */
} thimble_mul_columns;

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* r0 a, r1 y, r2 channels, r3-r6 alpha, r7-r10 start; the end on the stack. 24 cycles for four results. */
__attribute__((naked)) static void multiply_columns(const thimble_mul_columns* columns) {
  (void)columns;
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "ldr r3, [r0, #44]\n"
      "push {r3}\n"
      "ldm r0, {r0-r10}\n"
      "1:\n"
      "ldr r11, [r0]\n"
      "ldr r12, [sp]\n"
      "add r0, r0, r2\n"
      "cmp r0, r12\n"
      "and lr, r11, #0xff00ff00\n"
      "lsl r11, r11, #8\n"
      "and r11, r11, #0xff00ff00\n"
      "smlawb r12, r3, r11, r7\n"
      "smlawt r11, r5, r11, r9\n"
      "ssat r12, #8, r12, asr #21\n"
      "ssat r11, #8, r11, asr #21\n"
      "strb r12, [r1]\n"
      "strb r11, [r1, #2]\n"
      "smlawb r12, r4, lr, r8\n"
      "smlawt lr, r6, lr, r10\n"
      "ssat r12, #8, r12, asr #21\n"
      "ssat lr, #8, lr, asr #21\n"
      "strb r12, [r1, #1]\n"
      "strb lr, [r1, #3]\n"
      "add r1, r1, r2\n"
      "bne 1b\n"
      "add sp, sp, #4\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

static void multiply_by_pixel(const thimble_call* call, const int8_t* b) {
  const thimble_layer* const layer = call->layer;
  const thimble_mul* const mul = constants_of(layer);
  const uint32_t channels = layer->out_c;
  thimble_mul_columns columns;
  columns.channels = channels;
  for (uint32_t c = 0; c < channels; c += 4) {
    columns.a = thimble_first_operand(call) + c;
    columns.end = columns.a + thimble_call_elements(call);
    columns.y = call->output + c;
    for (uint32_t i = 0; i < 4; ++i) {
      columns.alpha[i] = thimble_mul_alpha(b[c + i] - mul->input2_zero, mul->multiplier, mul->shift);
      columns.start[i] = thimble_mul_start(columns.alpha[i], layer->input_zero, mul->gamma);
    }
    multiply_columns(&columns);
  }
}
#endif

void thimble_mul_s8(const thimble_call* call) {
  const int8_t* const second = thimble_second_operand(call, THIMBLE_MUL_WORDS);
#if THIMBLE_DSP
  const thimble_layer* const layer = call->layer;
  if (!layer->wide && layer->broadcast == THIMBLE_PIXEL && layer->out_c % 4u == 0) {
    multiply_by_pixel(call, second);
    return;
  }
#endif
  thimble_each_pair(call, second, multiply);
}
