#include "add.h"

uint32_t thimble_add_s8_scratch(const thimble_layer* layer) { return thimble_pair_scratch(layer); }

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

static const thimble_add* constants_of(const thimble_layer* layer) {
  return (const thimble_add*)(const void*)layer->weights;
}

static void add_in_steps(const thimble_layer* layer, const int8_t* a, const int8_t* b, int8_t* y, uint32_t count) {
  const thimble_add add = *constants_of(layer);
  const thimble_scale input2 = thimble_scale_of(&add.input2, 1, 0);
  const thimble_scale scale = thimble_scale_of(&add.output, 2 * layer->output_zero + 1, 0);
  const int8_t *large = add.swap ? b : a, *small = add.swap ? a : b;
  for (; count != 0; --count) *y++ = add_one(*large++, *small++, &add, &input2, &scale);
}

#if THIMBLE_DSP
typedef struct thimble_add_block {
  const int8_t *a, *b;
  int8_t* y;
  int32_t alpha, beta, gamma;
  const int8_t* end; /* of the first operand */
} thimble_add_block;

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* Four results. r3 alpha, r4 beta, r5 gamma, r6 0xff00ff00. Lanes: r9, r10 bytes 0 and 2; r7, r8 bytes 1 and 3. */
#define ADD_FOUR                  \
  "ldr r7, [r0], #4\n"            \
  "ldr r8, [r1], #4\n"            \
  "and r9, r6, r7, lsl #8\n"      \
  "and r10, r6, r8, lsl #8\n"     \
  "and r7, r6, r7\n"              \
  "and r8, r6, r8\n"              \
  "smlawb r11, r3, r9, r5\n"      \
  "smlawt r12, r3, r9, r5\n"      \
  "smlawb r9, r3, r7, r5\n"       \
  "smlawt r7, r3, r7, r5\n"       \
  "smlawb r11, r4, r10, r11\n"    \
  "smlawt r12, r4, r10, r12\n"    \
  "smlawb r9, r4, r8, r9\n"       \
  "smlawt r7, r4, r8, r7\n"       \
  "ssat r11, #8, r11, asr #21\n"  \
  "ssat r12, #8, r12, asr #21\n"  \
  "ssat r9, #8, r9, asr #21\n"    \
  "ssat r7, #8, r7, asr #21\n"    \
  "strb r9, [r2, #1]\n"           \
  "strb r12, [r2, #2]\n"          \
  "strb r7, [r2, #3]\n"           \
  "strb r11, [r2], #4\n"

/* Eight results at a time: 50 cycles. */
__attribute__((naked)) static void add_eights(const thimble_add_block* block) {
  (void)block;
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "ldm r0, {r0-r5, lr}\n"
      "mov r6, #0xff00ff00\n"
      "1:\n"
      ADD_FOUR
      ADD_FOUR
      "cmp r0, lr\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */
#endif

static void add_shortly(const thimble_layer* layer, const int8_t* a, const int8_t* b, int8_t* y, uint32_t count) {
  const thimble_add* const add = constants_of(layer);
  const int32_t alpha = add->alpha, beta = add->beta, gamma = add->gamma;
#if THIMBLE_DSP
  const uint32_t eights = count & ~7u;
  if (eights != 0) {
    const thimble_add_block block = {a, b, y, alpha, beta, gamma, a + eights};
    add_eights(&block);
    a += eights, b += eights, y += eights, count -= eights;
  }
#endif
  for (; count != 0; --count) {
    const int32_t sum = gamma + thimble_scaled_by(alpha, *a++) + thimble_scaled_by(beta, *b++);
    *y++ = thimble_saturate_s8(sum >> THIMBLE_ADD_SHIFT);
  }
}

void thimble_add_s8(const thimble_call* call) {
  const int8_t* const second = thimble_second_operand(call, THIMBLE_ADD_WORDS);
  thimble_each_pair(call, second, call->layer->wide ? add_in_steps : add_shortly);
}
