#include "mve.h"

#if THIMBLE_MVE

/* Two pixels, four channels at a time. r0, r2, r4, r6: sums of the first pixel; r8, r10, r12, lr: of the second (those
 * that VMLADAVA can name). r1: weights, then the block's tail. r3, r5: pixels. r9: vectors left. r7: output. r11:
 * channels left. q0-q3: weights, q4, q5: pixels, q7: output zero point.
 * On the stack: pixels, vectors, out_c. Sixteen instructions for 128 products, and 26 or 30 for eight results. */
#define DOT_TWO(VMLADAV)                                        \
  "vldrw.32 q4, [r3], #16\n"                                    \
  "vldrw.32 q0, [r1], #16\n" VMLADAV                            \
  ".s8 r0, q4, q0\n"                                            \
  "vldrw.32 q5, [r5], #16\n" VMLADAV                            \
  ".s8 r8, q5, q0\n"                                            \
  "vldrw.32 q1, [r1], #16\n" VMLADAV ".s8 r2, q4, q1\n" VMLADAV \
  ".s8 r10, q5, q1\n"                                           \
  "vldrw.32 q2, [r1], #16\n" VMLADAV ".s8 r4, q4, q2\n" VMLADAV \
  ".s8 r12, q5, q2\n"                                           \
  "vldrw.32 q3, [r1], #16\n" VMLADAV ".s8 r6, q4, q3\n" VMLADAV ".s8 lr, q5, q3\n"

#define LEFT_TWO          \
  "vmov.i32 q4, #0\n"     \
  "vmax.s32 q5, q3, q4\n" \
  "vmin.s32 q3, q3, q4\n" \
  "vshl.s32 q0, q0, q5\n" \
  "vshl.s32 q1, q1, q5\n"

#define GEMM_TWO(LEFT, SHIFT) \
  __asm__ volatile(                                 \
      "push {r4-r11, lr}\n"                         \
      "vpush {d8-d15}\n"                            \
      "ldr r1, [r0]\n"                              \
      "ldrd r3, r5, [r0, #4]\n"                     \
      "ldr r9, [r0, #12]\n"                         \
      "ldrd r7, r11, [r0, #16]\n"                   \
      "ldr r12, [r0, #24]\n"                        \
      "vdup.32 q7, r12\n"                           \
      "push {r3, r5, r9, r11}\n"                    \
      "1:\n"                                        \
      DOT_TWO("vmladav")                            \
      "subs r9, r9, #1\n"                           \
      "beq 3f\n"                                    \
      "2:\n"                                        \
      DOT_TWO("vmladava")                           \
      "subs r9, r9, #1\n"                           \
      "bne 2b\n"                                    \
      "3:\n"                                        \
      "vmov q0[2], q0[0], r0, r4\n"                 \
      "vldrw.32 q2, [r1], #16\n"                    \
      "vmov q0[3], q0[1], r2, r6\n"                 \
      "vadd.i32 q0, q0, q2\n"                       \
      "vmov q1[2], q1[0], r8, r12\n"                \
      "vmov q1[3], q1[1], r10, lr\n"                \
      "vadd.i32 q1, q1, q2\n"                       \
      "vldrw.32 q2, [r1], #16\n"                    \
      "vldrw.32 q3, [r1], #16\n"                    \
      LEFT                                          \
      "vqrdmulh.s32 q0, q0, q2\n"                   \
      "vqrdmulh.s32 q1, q1, q2\n"                   \
      SHIFT("q0", "q4", "q3")                       \
      SHIFT("q1", "q5", "q3")                       \
      "vadd.i32 q0, q0, q7\n"                       \
      "vadd.i32 q1, q1, q7\n"                       \
      THIMBLE_MVE_NARROW("q0")                      \
      THIMBLE_MVE_NARROW("q1")                      \
      "ldr r0, [sp, #12]\n"                         \
      "ldrd r3, r5, [sp]\n"                         \
      "add r0, r0, r7\n"                            \
      "ldr r9, [sp, #8]\n"                          \
      "subs r11, r11, #4\n"                         \
      "blo 4f\n"                                    \
      "vstrb.32 q1, [r0]\n"                         \
      "vstrb.32 q0, [r7], #4\n"                     \
      "bne 1b\n"                                    \
      "b 5f\n"                                      \
      "4:\n" /* the last block is not full */       \
      "add r11, r11, #4\n"                          \
      "vctp.32 r11\n"                               \
      "vpstt\n"                                     \
      "vstrbt.32 q1, [r0]\n"                        \
      "vstrbt.32 q0, [r7]\n"                        \
      "5:\n"                                        \
      "add sp, sp, #16\n"                           \
      "vpop {d8-d15}\n"                             \
      "pop {r4-r11, pc}\n")

__attribute__((naked)) static void two_relu(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_TWO("", THIMBLE_MVE_SHIFT_RELU);
}
__attribute__((naked)) static void two_nudged(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_TWO("", THIMBLE_MVE_SHIFT_NUDGED);
}
__attribute__((naked)) static void two_wide(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_TWO(LEFT_TWO, THIMBLE_MVE_SHIFT_WIDE);
}

/* One pixel, four channels at a time. r0, r2, r4, r6: sums. r1: weights, then the block's tail. r3: pixel, from r5 on.
 * r9: vectors but the first. r8: output zero point. r7: output. r11: channels left. q0-q3: weights, q4: pixel.
 * Ten instructions for 64 products, and 20 or 22 for four results. */
#define DOT_ONE(VMLADAV)             \
  "vldrw.32 q4, [r3], #16\n"         \
  "vldrw.32 q0, [r1], #16\n" VMLADAV \
  ".s8 r0, q4, q0\n"                 \
  "vldrw.32 q1, [r1], #16\n" VMLADAV \
  ".s8 r2, q4, q1\n"                 \
  "vldrw.32 q2, [r1], #16\n" VMLADAV \
  ".s8 r4, q4, q2\n"                 \
  "vldrw.32 q3, [r1], #16\n" VMLADAV ".s8 r6, q4, q3\n"

#define LEFT_ONE          \
  "vmov.i32 q4, #0\n"     \
  "vmax.s32 q1, q3, q4\n" \
  "vmin.s32 q3, q3, q4\n" \
  "vshl.s32 q0, q0, q1\n"

#define GEMM_ONE(LEFT, SHIFT) \
  __asm__ volatile(                   \
      "push {r4-r11, lr}\n"           \
      "vpush {d8-d9}\n"               \
      "ldrd r1, r5, [r0]\n"           \
      "ldr r9, [r0, #12]\n"           \
      "ldrd r7, r11, [r0, #16]\n"     \
      "ldr r8, [r0, #24]\n"           \
      "subs r9, r9, #1\n"             \
      "1:\n"                          \
      "mov r3, r5\n"                  \
      DOT_ONE("vmladav")              \
      "wls lr, r9, 3f\n"              \
      "2:\n"                          \
      DOT_ONE("vmladava")             \
      "le lr, 2b\n"                   \
      "3:\n"                          \
      "vmov q0[2], q0[0], r0, r4\n"   \
      "vldrw.32 q2, [r1], #16\n"      \
      "vmov q0[3], q0[1], r2, r6\n"   \
      "vadd.i32 q0, q0, q2\n"         \
      "vldrw.32 q2, [r1], #16\n"      \
      "vldrw.32 q3, [r1], #16\n"      \
      LEFT                            \
      "vqrdmulh.s32 q0, q0, q2\n"     \
      SHIFT("q0", "q4", "q3")         \
      "vadd.i32 q0, q0, r8\n"         \
      THIMBLE_MVE_NARROW("q0")        \
      "subs r11, r11, #4\n"           \
      "blo 4f\n"                      \
      "vstrb.32 q0, [r7], #4\n"       \
      "bne 1b\n"                      \
      "b 5f\n"                        \
      "4:\n"                          \
      "add r11, r11, #4\n"            \
      "vctp.32 r11\n"                 \
      "vpst\n"                        \
      "vstrbt.32 q0, [r7]\n"          \
      "5:\n"                          \
      "vpop {d8-d9}\n"                \
      "pop {r4-r11, pc}\n")

__attribute__((naked)) static void one_relu(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_ONE("", THIMBLE_MVE_SHIFT_RELU);
}
__attribute__((naked)) static void one_nudged(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_ONE("", THIMBLE_MVE_SHIFT_NUDGED);
}
__attribute__((naked)) static void one_wide(__attribute__((unused)) const thimble_mve_gemm* gemm) {
  GEMM_ONE(LEFT_ONE, THIMBLE_MVE_SHIFT_WIDE);
}

void thimble_mve_gemm_one(const thimble_mve_gemm* gemm) {
  if (gemm->rounding == THIMBLE_MVE_RELU) {
    one_relu(gemm);
  } else if (gemm->rounding == THIMBLE_MVE_NUDGED) {
    one_nudged(gemm);
  } else {
    one_wide(gemm);
  }
}

void thimble_mve_gemm_two(const thimble_mve_gemm* gemm) {
  if (gemm->rounding == THIMBLE_MVE_RELU) {
    two_relu(gemm);
  } else if (gemm->rounding == THIMBLE_MVE_NUDGED) {
    two_nudged(gemm);
  } else {
    two_wide(gemm);
  }
}

#else

static int32_t high_product(int32_t x, int32_t multiplier) {
  const uint32_t low = (uint32_t)x * (uint32_t)multiplier;
  const uint32_t high = (uint32_t)thimble_high_mul_add(x, multiplier, 0); /* rounded up by the highest bit of `low` */
  return (int32_t)(2 * high - (low >> 31) + (low >> 30 & 1u));
}

int8_t thimble_mve_result(int32_t sum, const uint32_t* tail, uint32_t lane, int32_t output_zero,
                          thimble_mve_rounding rounding) {
  const uint32_t biased = (uint32_t)sum + tail[lane];
  const int32_t shift = (int32_t)tail[8 + lane];
  int32_t x = high_product((int32_t)(biased << (shift > 0 ? (uint32_t)shift : 0)), (int32_t)tail[4 + lane]);
  if (shift < 0) {
    if (rounding != THIMBLE_MVE_RELU && x < 0) --x;
    x = (x >> -shift) + (x >> (-shift - 1) & 1);
  }
  return thimble_saturate_s8(x + output_zero);
}

static int32_t dot(const int8_t* x, const int8_t* w, int32_t sum) {
  for (uint32_t i = 0; i < 16; ++i) sum += x[i] * w[i];
  return sum;
}

static void one_pixel(const thimble_mve_gemm* gemm, const int8_t* pixel, int8_t* output) {
  const uint32_t* weights = gemm->weights;
  for (uint32_t c = 0; c < gemm->out_c; c += 4) {
    const uint32_t* const tail = weights + 16 * gemm->vectors;
    for (uint32_t lane = 0; lane < 4 && c + lane < gemm->out_c; ++lane) {
      int32_t sum = 0;
      for (uint32_t v = 0; v < gemm->vectors; ++v)
        sum = dot(pixel + 16 * v, (const int8_t*)(weights + 16 * v + 4 * lane), sum);
      output[c + lane] = thimble_mve_result(sum, tail, lane, gemm->output_zero, gemm->rounding);
    }
    weights = tail + THIMBLE_MVE_BLOCK_TAIL;
  }
}

void thimble_mve_gemm_one(const thimble_mve_gemm* gemm) { one_pixel(gemm, gemm->pixels[0], gemm->output); }

void thimble_mve_gemm_two(const thimble_mve_gemm* gemm) {
  one_pixel(gemm, gemm->pixels[0], gemm->output);
  one_pixel(gemm, gemm->pixels[1], gemm->output + gemm->out_c);
}

#endif
