#include "depthwise_nine.h"

#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* What the assembly is told besides the block; it knows the order of the members. */
typedef struct nine_run {
  uint32_t pixel_bytes, zero; /* zero: two lanes of minus the input's zero point */
  uint32_t nudge;             /* what sums below zero take from the addend */
} nine_run;

/* clang-format off */
/* Lanes of two rows, one word per channel, 40 bytes from each to the next; b stays as it is. */
#define PUT_ROWS(a, b, ch0, ch1, ch2, ch3)   \
  "pkhbt r12, " a ", " b ", lsl #16\n"       \
  "pkhtb lr, " b ", " a ", asr #16\n"        \
  "sxtab16 r8, r5, r12\n"                    \
  "sxtab16 r12, r5, r12, ror #8\n"           \
  "sxtab16 r11, r5, lr\n"                    \
  "sxtab16 lr, r5, lr, ror #8\n"             \
  "str r8, [r2, #" ch0 "]\nstr r12, [r2, #" ch1 "]\nstr r11, [r2, #" ch2 "]\nstr lr, [r2, #" ch3 "]\n"

/* An input column meets a window column: the sums of an output column, from the top. r9, r10: rows 0 and 1, rows 1 and
 * 2; r11, r12: weights of rows 0 and 1, rows 1 and 2. */
#define COLUMN(top, middle, bottom)                                                        \
  MAC("smlad", top, "r9", "r12") MAC("smlad", middle, "r9", "r11")                         \
  MAC("smlatt", middle, "r10", "r12") MAC("smlad", bottom, "r10", "r11")
/* The first one of the sums, which begin with the bias in r8. */
#define FIRST_COLUMN(top, middle, bottom)                                                  \
  "smlad " top ", r9, r12, r8\nsmlad " middle ", r9, r11, r8\n"                            \
  MAC("smlatt", middle, "r10", "r12") "smlad " bottom ", r10, r11, r8\n"
#define PIXELS(column) "ldrd r9, r10, [lr, #160 + 8 * " column "]\n"
#define WEIGHTS(column) "ldrd r11, r12, [lr, #8 * " column "]\n"

/* r7: shift; r8: nudge; r9, r10: multiplier, addend; r12: the pixel; lr: from a pixel to the next. */
#define RESULT(x)                       \
  "and r11, r8, " x ", asr #31\n"       \
  "sub r11, r10, r11\n"                 \
  "smmla " x ", " x ", r9, r11\n"       \
  "asrs " x ", r7\n"                    \
  "ssat " x ", #8, " x "\n"             \
  "strb " x ", [r12]\n"                 \
  "add r12, lr\n"

/* A block of four channels, in `records` its weights and constants, and behind them as much space for its maps.
 * s0: the channel's first result; s1: from a pixel to the next; s2: nudge; s3: the end of the records; s4, s5: sums;
 * s6: the next record. */
__attribute__((naked)) static void run_block(const int8_t* input, int8_t* output, thimble_word* records,
                                             const nine_run* run) {
  (void)input, (void)output, (void)records, (void)run;
  __asm__(
      "push {r4-r11, lr}\n"
      "ldm r3, {r4-r6}\n"
      "vmov s0, s1, r1, r4\n"
      "add r3, r2, #160\n"
      "vmov s2, s3, r6, r3\n"
      "add r7, r4, r4, lsl #1\n"
      "movs r6, #3\n"
      "1:\n"
      "ldr r8, [r0]\nldr r9, [r0, r7]\nldr r10, [r0, r7, lsl #1]\n"
      "adds r0, r0, r4\n"
      PUT_ROWS("r8", "r9", "160", "200", "240", "280")
      PUT_ROWS("r9", "r10", "164", "204", "244", "284")
      "adds r2, #8\n"
      "subs r6, r6, #1\n"
      "bne 1b\n"
      "sub lr, r2, #24\n"

      /* r0-r8: sums, row by row. */
      "2:\n"
      "ldr r8, [lr, #36]\n"
      PIXELS("0") WEIGHTS("0") FIRST_COLUMN("r1", "r4", "r7")
      WEIGHTS("1") FIRST_COLUMN("r0", "r3", "r6")
      PIXELS("1") COLUMN("r1", "r4", "r7")
      WEIGHTS("0") FIRST_COLUMN("r2", "r5", "r8")
      WEIGHTS("2") COLUMN("r0", "r3", "r6")
      PIXELS("2") COLUMN("r1", "r4", "r7")
      WEIGHTS("1") COLUMN("r2", "r5", "r8")

      "vmov s4, s5, r7, r8\n"
      "ldr r9, [lr, #24]\nldr r10, [lr, #28]\nldr r7, [lr, #32]\n"
      "add r11, lr, #40\n"
      "vmov r12, lr, s0, s1\n"
      VMOV("s6", "r11") VMOV("r8", "s2")
      "add r11, r12, #1\n"
      VMOV("s0", "r11")
      RESULT("r0") RESULT("r1") RESULT("r2") RESULT("r3") RESULT("r4") RESULT("r5") RESULT("r6")
      "vmov r0, r1, s4, s5\n"
      RESULT("r0") RESULT("r1")
      VMOV("lr", "s6") VMOV("r0", "s3")
      "cmp lr, r0\n"
      "bne 2b\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

void thimble_depthwise_nine_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t zero = (uint32_t)-layer->input_zero & 0xffffu;
  const nine_run run = {layer->in_c, zero | zero << 16,
                        layer->relu ? 0 : 1u << 7}; /* without relu all scales are 2^8 */
  const uint32_t* block = layer->weights;
  for (uint32_t channel = 0; channel < layer->out_c; channel += 4, block += THIMBLE_DEPTHWISE_CONSTANTS + 9) {
    thimble_depthwise_3x3_records(block, call->scratch);
    run_block(call->input.input + channel, call->output + channel, call->scratch, &run);
  }
}

#else
void thimble_depthwise_nine_s8(const thimble_call* call) { thimble_small_depthwise_s8(call); }
#endif
