/* Depthwise 3x3, stride 1, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* Sums to results. FIXED: all channels have the same right shift. ANY: the shift is in s8; where V is set, ties below
 * zero are nudged, out of line. */
#define MULTIPLY(x) "smmla " x ", " x ", r12, lr\n"
#define NUDGE(x) "lsr r11, " x ", #31\nsub r11, lr, r11, lsl #7\nsmmla " x ", " x ", r12, r11\n"
#define FOUR(f) f("r0") f("r1") f("r2") f("r3")
#define UPPER_TWO(f) f("r0") f("r2")
#define LEFT_TWO(f) f("r0") f("r1")
#define ONE(f) f("r0")
#define SHIFT(x) "asr " x ", " x ", r11\n"
#define RESULTS_FIXED(SUMS, nudged, back) SUMS(MULTIPLY) SUMS(SSAT_FIXED)
#define RESULTS_ANY(SUMS, nudged, back) \
  "bvs.w " nudged "f\n" SUMS(MULTIPLY) back ":\n" VMOV("r11", "s8") SUMS(SHIFT) SUMS(SSAT_ANY)
#define NUDGED_FIXED(SUMS, nudged, back)
#define NUDGED_ANY(SUMS, nudged, back) nudged ":\n" SUMS(NUDGE) "b.w " back "b\n"

/* --- blocks of two columns of two rows ---
 * r0, r1: the left column's sums, upper row first; r2, r3: the right one's. r4, r5: the words of a column, upper unit
 * first; r6, r7: of the next. r8, r9: where the units go on. r10: stage. r11: weights. r12, lr: multiplier, addend.
 * s0-s5: per kernel column (w0, w1), (w1, w2); s6-s9: multiplier, addend, shift, bias; s10: the end of the blocks. */
#define BLOCK_3(F, nudged, back)                                                                     \
  VMOV("r3", "s9") VMOV("r11", "s0")                                                                 \
  "smlad r0, r4, r11, r3\nsmlatb r1, r4, r11, r3\nsmlad r2, r6, r11, r3\nsmlatb r3, r6, r11, r3\n"   \
  VMOV("r11", "s1")                                                                                  \
  MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                                   \
  MAC("smlabt", "r2", "r7", "r11") MAC("smlad", "r3", "r7", "r11")                                   \
  VMOV("r11", "s2")                                                                                  \
  MAC("smlad", "r0", "r6", "r11") MAC("smlatb", "r1", "r6", "r11")                                   \
  "ldr r4, [r8], #16\nldr r5, [r9], #16\n"                                                           \
  MAC("smlad", "r2", "r4", "r11") MAC("smlatb", "r3", "r4", "r11")                                   \
  VMOV("r11", "s3")                                                                                  \
  MAC("smlabt", "r0", "r7", "r11") MAC("smlad", "r1", "r7", "r11")                                   \
  "ldr r6, [r8], #16\nldr r7, [r9], #16\n"                                                           \
  MAC("smlabt", "r2", "r5", "r11") MAC("smlad", "r3", "r5", "r11")                                   \
  VMOV("r11", "s4")                                                                                  \
  MAC("smlad", "r0", "r4", "r11") MAC("smlatb", "r1", "r4", "r11")                                   \
  MAC("smlad", "r2", "r6", "r11") MAC("smlatb", "r3", "r6", "r11")                                   \
  VMOV("r11", "s5")                                                                                  \
  MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                                   \
  MAC("smlabt", "r2", "r7", "r11") MAC("smlad", "r3", "r7", "r11")                                   \
  RESULTS_##F(FOUR, nudged, back)                                                                    \
  "strb r1, [r10, #4]\nstrb r2, [r10, #8]\nstrb r3, [r10, #12]\nstrb r0, [r10], #16\n"

/* The last column of an odd row: r0, r1 its sums. */
#define COLUMN_3(F, nudged, back)                                                                    \
  VMOV("r1", "s9") VMOV("r11", "s0")                                                                 \
  "smlad r0, r4, r11, r1\nsmlatb r1, r4, r11, r1\n"                                                  \
  VMOV("r11", "s1") MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                 \
  "ldr r4, [r8], #16\nldr r5, [r9], #16\n"                                                           \
  VMOV("r11", "s2") MAC("smlad", "r0", "r6", "r11") MAC("smlatb", "r1", "r6", "r11")                 \
  VMOV("r11", "s3") MAC("smlabt", "r0", "r7", "r11") MAC("smlad", "r1", "r7", "r11")                 \
  VMOV("r11", "s4") MAC("smlad", "r0", "r4", "r11") MAC("smlatb", "r1", "r4", "r11")                 \
  VMOV("r11", "s5") MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                 \
  RESULTS_##F(LEFT_TWO, nudged, back)                                                                \
  "strb r1, [r10, #4]\nstrb r0, [r10], #8\n"

/* Two columns, and one, of a last row of its own, whose second unit is padding. */
#define ROW_BLOCK_3(F, nudged, back)                                                                 \
  VMOV("r3", "s9") VMOV("r11", "s0")                                                                 \
  "smlad r0, r4, r11, r3\nsmlad r2, r6, r11, r3\n"                                                   \
  VMOV("r11", "s2") MAC("smlad", "r0", "r6", "r11")                                                  \
  "ldr r4, [r8], #16\nldr r6, [r8], #16\n"                                                           \
  MAC("smlad", "r2", "r4", "r11")                                                                    \
  VMOV("r11", "s4") MAC("smlad", "r0", "r4", "r11") MAC("smlad", "r2", "r6", "r11")                  \
  RESULTS_##F(UPPER_TWO, nudged, back)                                                               \
  "strb r2, [r10, #8]\nstrb r0, [r10], #16\n"
#define ROW_COLUMN_3(F, nudged, back)                                                                \
  VMOV("r0", "s9") VMOV("r11", "s0") MAC("smlad", "r0", "r4", "r11")                                 \
  "ldr r4, [r8], #16\n"                                                                              \
  VMOV("r11", "s2") MAC("smlad", "r0", "r6", "r11")                                                  \
  VMOV("r11", "s4") MAC("smlad", "r0", "r4", "r11")                                                  \
  RESULTS_##F(ONE, nudged, back)                                                                     \
  "strb r0, [r10], #8\n"

/* Of the loops: s11: bytes of a row's blocks in the stage; s12: the block to begin with; s13: the end of a run of steps
 * in the stage. C: rows are odd; nothing in the loops changes it, or V. Blocks read a unit's words to its end, so that
 * a step ends where the next one begins. */
#define AT_OFFSET "[sp, #0]"    /* of the channel's words in a column */
#define AT_RECORD "[sp, #4]"    /* of the next channel */
#define AT_STAGE "[sp, #8]"     /* of the channel */
#define AT_LAST_OFFSET "[sp, #12]"
#define AT_RUNS "[sp, #16]"
#define AT_LAST_RUN "[sp, #20]" /* the end of all runs, as the last offset is that of all channels */
#define AT_STEP_BYTES "[sp, #24]"
#define AT_NEXT_RUN "[sp, #28]"

#define STRIDE_1_3(name, F, blocks, BLOCKS)                                                  \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                                     \
    (void)run;                                                                                       \
    __asm__(                                                                                         \
        "push {r4-r11, lr}\n"                                                                        \
        "ldm r0, {r1-r8}\n"                                                                          \
        "sub sp, sp, #32\n"                                                                          \
        "lsls r0, r7, #3\n"                                                                          \
        "bic r9, r0, #8\n"                                                                           \
        "lsls r4, r0, #26\n" /* C and V */                                                           \
        "and r4, r4, #1 << 29\n"                                                                     \
        "orr r8, r4, r8, lsl #28\n"                                                                  \
        "movs r4, #0\n"                                                                              \
        "lsls r3, r3, #2\n"                                                                          \
        "add r6, r6, r6, lsl #1\n"                                                                   \
        "add r6, r5, r6, lsl #3\n"                                                                   \
        "str r4, " AT_OFFSET "\nstr r1, " AT_RECORD "\nstr r2, " AT_STAGE "\nstr r3, " AT_LAST_OFFSET "\n"          \
        "str r5, " AT_RUNS "\nstr r6, " AT_LAST_RUN "\nstr r0, " AT_STEP_BYTES "\n"                       \
        "adr.w r1, 1f\n"                                                                             \
        "adr.w r2, 2f\n"                                                                             \
        "subs r2, r2, r1\n"                                                                          \
        "lsr r3, r7, #1\n"                                                                           \
        "rsb r3, r3, #0\n"                                                                           \
        "and r3, r3, #" blocks " - 1\n"                                                              \
        "mla r1, r2, r3, r1\n"                                                                       \
        VMOV("s11", "r9") VMOV("s12", "r1")                                                          \
        "msr apsr_nzcvq, r8\n"                                                                       \
        "10:\n"                                                                                      \
        "ldr r0, " AT_RECORD "\nldr r10, " AT_STAGE "\nldr r2, " AT_RUNS "\n"                         \
        "vldm r0!, {s0-s9}\n"                                                                        \
        "str r0, " AT_RECORD "\n"                                                                       \
        VMOV("r12", "s6") VMOV("lr", "s7")                                                           \
        "11:\n"                                                                                      \
        "ldr r8, [r2]\nldr r9, [r2, #4]\nldr r4, [r2, #20]\n"                                        \
        "ldr r1, " AT_OFFSET "\nldr r0, " AT_STEP_BYTES "\n"                                         \
        "add r2, r2, #24\n"                                                                         \
        "str r2, " AT_NEXT_RUN "\n"                                                                 \
        "mla r4, r4, r0, r10\n"                                                                      \
        "add r8, r8, r1\n"                                                                           \
        "add r9, r9, r8\n"                                                                           \
        VMOV("s13", "r4")                                                                            \
        "12:\n"                                                                                      \
        VMOV("r0", "s11") VMOV("r3", "s12")                                                          \
        "add r0, r0, r10\n"                                                                          \
        "ldr r4, [r8], #16\nldr r5, [r9], #16\nldr r6, [r8], #16\nldr r7, [r9], #16\n"               \
        VMOV("s10", "r0")                                                                            \
        "mov pc, r3\n"                                                                               \
        ".balign 4\n"                                                                                \
        BLOCKS(F)                                                                                    \
        VMOV("r11", "s10")                                                                           \
        "teq r10, r11\n"                                                                             \
        "bne.w 1b\n"                                                                                 \
        "bcc.w 21f\n"                                                                                \
        COLUMN_3(F, "64", "74")                                                                      \
        "21:\n"                                                                                      \
        VMOV("r11", "s13")                                                                           \
        "teq r10, r11\n"                                                                             \
        "bne.w 12b\n"                                                                                \
        "ldr r2, " AT_NEXT_RUN "\nldr r3, " AT_LAST_RUN "\nldr r5, [r2, #-16]\n"                     \
        "teq r5, #0\n"                                                                               \
        "bne.w 30f\n"                                                                                \
        "33:\n"                                                                                      \
        "teq r2, r3\n"                                                                               \
        "bne.w 11b\n"                                                                                \
        "ldr r1, " AT_OFFSET "\nldr r3, " AT_STAGE "\nldr r2, " AT_LAST_OFFSET "\n"                   \
        "add r1, r1, #4\n"                                                                          \
        "add r3, r3, #1\n"                                                                          \
        "str r1, " AT_OFFSET "\nstr r3, " AT_STAGE "\n"                                              \
        "teq r1, r2\n"                                                                               \
        "bne.w 10b\n"                                                                                \
        "add sp, sp, #32\n"                                                                         \
        "pop {r4-r11, pc}\n"                                                                         \
        "30:\n"                                                                                      \
        VMOV("r0", "s11")                                                                            \
        "ldr r4, [r8], #16\nldr r6, [r8], #16\n"                                                     \
        "add r7, r0, r10\n"                                                                          \
        "31:\n"                                                                                      \
        ROW_BLOCK_3(F, "65", "75")                                                                   \
        "teq r10, r7\n"                                                                              \
        "bne 31b\n"                                                                                  \
        "bcc.w 32f\n"                                                                                \
        ROW_COLUMN_3(F, "66", "76")                                                                  \
        "32:\n"                                                                                      \
        "ldr r2, " AT_NEXT_RUN "\nldr r3, " AT_LAST_RUN "\n"                                           \
        "b.w 33b\n"                                                                                  \
        NUDGED_##F(FOUR, "60", "70") NUDGED_##F(LEFT_TWO, "64", "74") NUDGED_##F(UPPER_TWO, "65", "75")                 \
        NUDGED_##F(ONE, "66", "76"));                                                                \
  }

/* One block is enough for the rare form. */
#define BLOCKS_1(F) "1:\n" BLOCK_3(F, "60", "70") "2:\n"
#define BLOCKS_4(F) "1:\n" BLOCK_3(F, "60", "70") "2:\n" BLOCK_3(F, "61", "71") "3:\n" BLOCK_3(F, "62", "72") "4:\n" BLOCK_3(F, "63", "73")
STRIDE_1_3(thimble_depthwise_3x3_stride_1, FIXED, "4", BLOCKS_4)
STRIDE_1_3(thimble_depthwise_3x3_stride_1_any_shift, ANY, "1", BLOCKS_1)

/* --- a block's weights and constants into its records ---
 * r0: the constants, then the window; r1: records. r5-r8: what scales a word of two weights by 2^j: j, and in the upper
 * half the bits that the lower lane's sign is shifted into, j of them; none of the bits of j itself is that high. Per
 * column of the window, two words to a record. */
#define PUT_3(word, scale, at)                 \
  "lsl " word ", " word ", " scale "\n"        \
  "bic " word ", " word ", " scale "\n"        \
  "str " word ", [r1, #" at "]\n"
#define PUT_PAIR_3(a, b, at)                                                                         \
  "pkhbt r9, " a ", " b ", lsl #16\n"                                                                \
  "pkhtb r10, " b ", " a ", asr #16\n"                                                               \
  "sxtb16 r11, r9\n" PUT_3("r11", "r5", at)                                                          \
  "sxtb16 r9, r9, ror #8\n" PUT_3("r9", "r6", at " + 40")                                            \
  "sxtb16 r11, r10\n" PUT_3("r11", "r7", at " + 80")                                                 \
  "sxtb16 r10, r10, ror #8\n" PUT_3("r10", "r8", at " + 120")

__attribute__((naked)) void thimble_depthwise_3x3_records(const uint32_t* block, thimble_word* records) {
  (void)block, (void)records;
  __asm__(
      "push {r4-r11, lr}\n"
      "movs r4, #4\n"
      "mov.w r6, #1 << 16\n"
      "mov lr, r1\n"
      "1:\n"
      "ldr r9, [r0]\nldr r10, [r0, #16]\nldr r11, [r0, #32]\nldr r12, [r0, #48]\n"
      "adds r0, #4\n"
      "lsr r2, r11, #8\n"
      "lsl r12, r12, r2\n"
      "lsl r5, r6, r2\n"
      "adds r5, r5, r2\n"
      "subs r5, r5, r6\n"
      "str r9, [lr, #24]\nstr r10, [lr, #28]\nstr r11, [lr, #32]\nstr r12, [lr, #36]\n"
      "str r5, [lr], #40\n"
      "subs r4, r4, #1\n"
      "bne 1b\n"
      "ldr r5, [r1]\nldr r6, [r1, #40]\nldr r7, [r1, #80]\nldr r8, [r1, #120]\n"
      "add lr, r1, #24\n"
      "2:\n"
      "ldr r2, [r0, #48]\nldr r3, [r0, #60]\nldr r4, [r0, #72]\n"
      "adds r0, #4\n"
      PUT_PAIR_3("r2", "r3", "0") PUT_PAIR_3("r3", "r4", "4")
      "adds r1, #8\n"
      "cmp r1, lr\n"
      "bne 2b\n"
      "pop {r4-r11, pc}\n");
}

#else
typedef int thimble_depthwise_3x3_stride_1_is_empty; /* ISO C wants a declaration */
#endif
