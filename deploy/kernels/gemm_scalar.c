/* The twin of gemm_dsp.c for cores without the DSP extension, and for the host. */
#include "gemm.h"

#if !THIMBLE_DSP

static int32_t low(uint32_t lanes) { return (int16_t)lanes; }
static int32_t high(uint32_t lanes) { return (int16_t)(lanes >> 16); }
static int32_t dot(uint32_t x, uint32_t w, int32_t sum) { return sum + low(x) * low(w) + high(x) * high(w); }

/* One block of four channels of one pixel, whose words are `pixels` apart. */
static void block(const thimble_gemm* gemm, const uint32_t* weights, const thimble_word* input, uint32_t pixels,
                  int8_t* output, uint32_t channels) {
  int32_t sums[4] = {(int32_t)weights[0], (int32_t)weights[1], (int32_t)weights[2], (int32_t)weights[3]};
  weights += 4;
  for (; input < gemm->input_end; input += pixels, weights += 2) {
    const uint32_t x = *input;
    sums[0] = dot(x, thimble_even_bytes(weights[0]), sums[0]);
    sums[1] = dot(x, thimble_odd_bytes(weights[0]), sums[1]);
    sums[2] = dot(x, thimble_even_bytes(weights[1]), sums[2]);
    sums[3] = dot(x, thimble_odd_bytes(weights[1]), sums[3]);
  }
  const thimble_channel* channel = (const thimble_channel*)(const void*)weights;
  for (uint32_t c = 0; c < channels; ++c) {
    const thimble_scale scale = thimble_scale_of(channel + c, gemm->zero2, gemm->relu);
    output[c] = thimble_saturate_s8(thimble_requantise(sums[c], &scale));
  }
}

static void all_blocks(const thimble_gemm* gemm, uint32_t pixels) {
  const uint32_t block_words = 12 + (uint32_t)(gemm->input_end - gemm->input) / pixels * 2;
  const uint32_t* weights = gemm->weights;
  for (uint32_t c = 0; c < gemm->out_c; c += 4, weights += block_words) {
    const uint32_t channels = gemm->out_c - c < 4 ? gemm->out_c - c : 4;
    for (uint32_t pixel = 0; pixel < pixels; ++pixel)
      block(gemm, weights, gemm->input + pixel, pixels, gemm->output + c + pixel * gemm->out_c, channels);
  }
}

void thimble_gemm_one(const thimble_gemm* gemm) { all_blocks(gemm, 1); }
void thimble_gemm_two(const thimble_gemm* gemm) { all_blocks(gemm, 2); }

#else
typedef int thimble_gemm_scalar_is_empty; /* ISO C wants a declaration */
#endif
