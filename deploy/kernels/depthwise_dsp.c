/* Depthwise for Armv7E-M with a floating-point unit, whose registers hold weights and constants: one cycle to fetch
 * one, no address. Accumulators are 256 times TFLite's. Cycles are those of the Cortex-M4 manual without wait states.
 */
#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* thimble_depthwise_run */
#define RUN_TABLE "[r0, #0]"
#define RUN_STAGE "[r0, #4]"
#define RUN_CHANNELS "[r0, #8]"
#define RUN_RECORD "[r0, #12]"
#define RUN_STEPS "[r0, #16]"
#define RUN_STEP_COUNT "[r0, #20]"
#define RUN_WIDTH "[r0, #24]"
#define RUN_ANY_SHIFT "[r0, #28]"

/* What all functions keep on the stack; FRAME begins with it. */
#define TABLE "[sp, #0]"
#define STAGE "[sp, #4]"     /* of the channel */
#define CHANNELS "[sp, #8]"  /* left */
#define OFFSET "[sp, #12]"   /* of the channel's words in a column */
#define STEP "[sp, #16]"
#define STEPS "[sp, #20]"    /* left */
#define RUN "[sp, #24]"
#define WIDTH "[sp, #28]"    /* bytes of a step in the stage */
#define RECORD "[sp, #32]"

#define ENTER(saved, frame, width_shift) \
  "push {r4-r11, lr}\n"               \
  saved                               \
  "sub sp, sp, #" frame "\n"          \
  "ldr r1, " RUN_TABLE "\n"           \
  "ldr r2, " RUN_STAGE "\n"           \
  "ldr r3, " RUN_CHANNELS "\n"        \
  "movs r4, #0\n"                     \
  "ldr r5, " RUN_WIDTH "\n"           \
  "ldr r6, " RUN_RECORD "\n"          \
  "lsl r5, r5, #" width_shift "\n"    \
  "str r1, " TABLE "\n"               \
  "str r2, " STAGE "\n"               \
  "str r3, " CHANNELS "\n"            \
  "str r4, " OFFSET "\n"              \
  "str r0, " RUN "\n"                 \
  "str r5, " WIDTH "\n"               \
  "str r6, " RECORD "\n"

#define LEAVE(saved, frame)   \
  "add sp, sp, #" frame "\n"  \
  saved                       \
  "pop {r4-r11, pc}\n"

/* The next channel, at label 10. */
#define NEXT_CHANNEL          \
  "ldr r1, " TABLE "\n"       \
  "ldr r2, " RECORD "\n"      \
  "ldr r3, " STAGE "\n"       \
  "ldr r4, " OFFSET "\n"      \
  "ldr r5, " CHANNELS "\n"    \
  "add r1, r1, r2\n"          \
  "adds r3, #1\n"             \
  "adds r4, #4\n"             \
  "str r1, " TABLE "\n"       \
  "str r3, " STAGE "\n"       \
  "str r4, " OFFSET "\n"      \
  "subs r5, #1\n"             \
  "str r5, " CHANNELS "\n"    \
  "bne.w 10b\n"

#define FIRST_STEP                  \
  "ldr r0, " RUN "\n"               \
  "ldr r1, " RUN_STEPS "\n"         \
  "ldr r2, " RUN_STEP_COUNT "\n"    \
  "str r1, " STEP "\n"              \
  "str r2, " STEPS "\n"

/* On to the next step at label 11. */
#define NEXT_STEP          \
  "ldr r1, " STEP "\n"     \
  "ldr r2, " STEPS "\n"    \
  "adds r1, #24\n"         \
  "str r1, " STEP "\n"     \
  "subs r2, #1\n"          \
  "str r2, " STEPS "\n"    \
  "bne.w 11b\n"

#define VMOV(to, from) "vmov " to ", " from "\n"
#define MAC(op, sum, x, w) op " " sum ", " x ", " w ", " sum "\n"

/* Two ways to a result. FIXED: all channels have the same right shift, and no tie below zero is nudged. ANY: the shift
 * is in a register, and ties below zero are nudged, which does no harm where a clamp hides it. */
#define SCALE_FIXED(x, m, k, t) "smmla " x ", " x ", " m ", " k "\n"
#define SCALE_ANY(x, m, k, t)         \
  "lsr " t ", " x ", #31\n"           \
  "sub " t ", " k ", " t ", lsl #7\n" \
  "smmla " x ", " x ", " m ", " t "\n"
#define GET_SHIFT_FIXED(to, from)
#define GET_SHIFT_ANY(to, from) VMOV(to, from)
#define SHIFT_FIXED(x, by)
#define SHIFT_ANY(x, by) "asr " x ", " x ", " by "\n"
#define SSAT_FIXED(x) "ssat " x ", #8, " x ", asr #10\n"
#define SSAT_LARGE_FIXED(x) "ssat " x ", #8, " x ", asr #11\n"
#define SSAT_LARGE_ANY(x) SSAT_ANY(x)
#define SSAT_ANY(x) "ssat " x ", #8, " x "\n"

/* --- 3x3, stride 1: blocks of two columns of two rows ---
 * r0, r1: the left column's sums, upper row first; r2, r3: the right one's. r4, r5: the words of a column, upper unit
 * first; r6, r7: of the next. r8, r9: where the units go on. r10: stage. r11: weights. r12, lr: multiplier, addend.
 * s0-s5: per kernel column (w0, w1), (w1, w2); s6-s9: multiplier, addend, shift, bias; s10: the stage's end. */
#define BLOCK_3(F)                                                                                             \
  VMOV("r3", "s9") VMOV("r11", "s0")                                                                               \
  "smlad r0, r4, r11, r3\nsmlatb r1, r4, r11, r3\nsmlad r2, r6, r11, r3\nsmlatb r3, r6, r11, r3\n"                 \
  VMOV("r11", "s1")                                                                                                \
  MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                                                 \
  MAC("smlabt", "r2", "r7", "r11") MAC("smlad", "r3", "r7", "r11")                                                 \
  VMOV("r11", "s2")                                                                                                \
  MAC("smlad", "r0", "r6", "r11") MAC("smlatb", "r1", "r6", "r11")                                                 \
  "ldr r4, [r8], #16\nldr r5, [r9], #16\n"                                                                         \
  MAC("smlad", "r2", "r4", "r11") MAC("smlatb", "r3", "r4", "r11")                                                 \
  VMOV("r11", "s3")                                                                                                \
  MAC("smlabt", "r0", "r7", "r11") MAC("smlad", "r1", "r7", "r11")                                                 \
  "ldr r6, [r8], #16\nldr r7, [r9], #16\n"                                                                         \
  MAC("smlabt", "r2", "r5", "r11") MAC("smlad", "r3", "r5", "r11")                                                 \
  VMOV("r11", "s4")                                                                                                \
  MAC("smlad", "r0", "r4", "r11") MAC("smlatb", "r1", "r4", "r11")                                                 \
  MAC("smlad", "r2", "r6", "r11") MAC("smlatb", "r3", "r6", "r11")                                                 \
  VMOV("r11", "s5")                                                                                                \
  MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                                                 \
  MAC("smlabt", "r2", "r7", "r11") MAC("smlad", "r3", "r7", "r11")                                                 \
  SCALE_##F("r0", "r12", "lr", "r11") SCALE_##F("r1", "r12", "lr", "r11")                                                  \
  SCALE_##F("r2", "r12", "lr", "r11") SCALE_##F("r3", "r12", "lr", "r11")                                                  \
  GET_SHIFT_##F("r11", "s8")                                                                                                \
  SHIFT_##F("r0", "r11") SHIFT_##F("r1", "r11") SHIFT_##F("r2", "r11") SHIFT_##F("r3", "r11")                                              \
  SSAT_##F("r0") SSAT_##F("r1") SSAT_##F("r2") SSAT_##F("r3")                                                                      \
  "strb r1, [r10, #4]\nstrb r2, [r10, #8]\nstrb r3, [r10, #12]\nstrb r0, [r10], #16\n"

/* The last column of an odd row: r0, r1 its sums. */
#define COLUMN_3(F)                                                                                            \
  VMOV("r1", "s9") VMOV("r11", "s0")                                                                               \
  "smlad r0, r4, r11, r1\nsmlatb r1, r4, r11, r1\n"                                                               \
  VMOV("r11", "s1") MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                               \
  "ldr r4, [r8], #16\nldr r5, [r9], #16\n"                                                                         \
  VMOV("r11", "s2") MAC("smlad", "r0", "r6", "r11") MAC("smlatb", "r1", "r6", "r11")                               \
  VMOV("r11", "s3") MAC("smlabt", "r0", "r7", "r11") MAC("smlad", "r1", "r7", "r11")                               \
  VMOV("r11", "s4") MAC("smlad", "r0", "r4", "r11") MAC("smlatb", "r1", "r4", "r11")                               \
  VMOV("r11", "s5") MAC("smlabt", "r0", "r5", "r11") MAC("smlad", "r1", "r5", "r11")                               \
  SCALE_##F("r0", "r12", "lr", "r11") SCALE_##F("r1", "r12", "lr", "r11")                                          \
  GET_SHIFT_##F("r11", "s8") SHIFT_##F("r0", "r11") SHIFT_##F("r1", "r11") SSAT_##F("r0") SSAT_##F("r1")           \
  "strb r1, [r10, #4]\nstrb r0, [r10], #8\n"

/* Of the loops: s11: records left; s12: the channel's stage; s13: channels left; s14: bytes of a step in the stage;
 * s15: the first run of steps; on the stack: where the channel's words are in a column, and the number of runs; in a
 * run, its end in the stage. Blocks read a unit's words to its end, so that a step ends where the next one begins. */
#define STRIDE_1_3(name, F, ENTRY, BLOCKS)                                                                     \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                                    \
    (void)run;                                                                                      \
    __asm__(                                                                                        \
        "push {r4-r11, lr}\n"                                                                       \
        "ldm r0, {r1-r7}\n"                                                                         \
        "movs r0, #0\n"                                                                             \
        "lsl r7, r7, #3\n"                                                                          \
        VMOV("s11", "r1") VMOV("s12", "r2") VMOV("s13", "r3") VMOV("s14", "r7") VMOV("s15", "r5")   \
        "push {r0, r6}\n"                                                                           \
        "10:\n"                                                                                     \
        VMOV("r0", "s11") VMOV("r10", "s12")                                                        \
        "vldm r0!, {s0-s9}\n"                                                                       \
        VMOV("r2", "s15")                                                                           \
        "ldr r3, [sp, #4]\n"                                                                        \
        VMOV("s11", "r0") VMOV("r12", "s6") VMOV("lr", "s7")                                        \
        "11:\n"                                                                                     \
        VMOV("r0", "s14")                                                                           \
        "ldr r8, [r2], #4\n"                                                                        \
        "ldr r9, [r2], #16\n"                                                                       \
        "ldr r4, [r2], #4\n"                                                                        \
        "ldr r1, [sp]\n"                                                                            \
        "mla r4, r4, r0, r10\n"                                                                     \
        "add r8, r8, r1\n"                                                                          \
        "add r9, r9, r8\n"                                                                          \
        "push {r2-r4}\n"                                                                            \
        "12:\n"                                                                                     \
        "bic r0, r0, #8\n"                                                                          \
        "add r3, r10, r0\n"                                                                         \
        VMOV("s10", "r3")                                                                           \
        "ldr r4, [r8], #16\nldr r5, [r9], #16\nldr r6, [r8], #16\nldr r7, [r9], #16\n"              \
        ENTRY                                                                                       \
        BLOCKS(F)                                                                               \
        VMOV("r11", "s10")                                                                          \
        "cmp r10, r11\n"                                                                            \
        "bne.w 1b\n"                                                                                \
        VMOV("r0", "s14")                                                                           \
        "lsls r11, r0, #28\n"                                                                       \
        "bmi.w 20f\n"                                                                               \
        "21:\n"                                                                                     \
        "ldr r11, [sp, #8]\n"                                                                       \
        "cmp r10, r11\n"                                                                            \
        "bne.w 12b\n"                                                                               \
        "pop {r2-r4}\n"                                                                             \
        "subs r3, r3, #1\n"                                                                         \
        "bne.w 11b\n"                                                                               \
        "ldr r1, [sp]\n"                                                                            \
        VMOV("r2", "s13") VMOV("r3", "s12")                                                         \
        "adds r1, #4\n"                                                                             \
        "adds r3, #1\n"                                                                             \
        "str r1, [sp]\n"                                                                            \
        VMOV("s12", "r3")                                                                           \
        "subs r2, #1\n"                                                                             \
        VMOV("s13", "r2")                                                                           \
        "bne.w 10b\n"                                                                               \
        "add sp, sp, #8\n"                                                                          \
        "pop {r4-r11, pc}\n"                                                                        \
        "20:\n" COLUMN_3(F) VMOV("r0", "s14") "b.w 21b\n");                                                                      \
  }

/* r0: 16 times the number of blocks. */
#define ENTRY_2              \
  "tst r0, #16\n"            \
  "bne.w 2f\n"
#define BLOCKS_2(F) "1:\n" BLOCK_3(F) "2:\n" BLOCK_3(F)
/* The number of blocks mod 4 decides where the loop is entered. */
#define ENTRY_4              \
  "lsls r0, r0, #26\n"       \
  "beq.w 1f\n"               \
  "bpl.w 4f\n"               \
  "lsls r0, r0, #1\n"        \
  "beq.w 3f\n"               \
  "b.w 2f\n"
#define BLOCKS_4(F) \
  "1:\n" BLOCK_3(F) "2:\n" BLOCK_3(F) "3:\n" BLOCK_3(F) "4:\n" BLOCK_3(F)
STRIDE_1_3(thimble_depthwise_3x3_stride_1, FIXED, ENTRY_4, BLOCKS_4)
STRIDE_1_3(thimble_depthwise_3x3_stride_1_any_shift, ANY, ENTRY_2, BLOCKS_2)

/* --- 3x3, stride 2: one output at a time ---
 * r0: sum. r1-r3: a column's words. r4-r6: (w0, w1) per slot; r7: w2 of the outer slots; r8: of the middle one.
 * r9: the column. r10: stage. r11, r12, lr: multiplier, addend, shift or bias. s0: bias; s1: the stage's end. */
#define OUTPUT_3(F)                                                                               \
  START_3_##F                                                                                     \
  MAC("smlad", "r0", "r2", "r5") MAC("smlad", "r0", "r3", "r6")                                   \
  "ldr r2, [r9, #16]\nldr r3, [r9, #32]\nldr r1, [r9], #48\n"                                     \
  MAC("smlabb", "r0", "r2", "r8") MAC("smlabt", "r0", "r3", "r7") MAC("smlabb", "r0", "r1", "r7") \
  SCALE_3_##F SHIFT_##F("r0", "lr") SSAT_##F("r0")                                                \
  "strb r0, [r10], #4\n"

/* A fixed shift leaves lr to the bias. */
#define START_3_FIXED "smlad r0, r1, r4, lr\n"
#define START_3_ANY VMOV("r0", "s0") MAC("smlad", "r0", "r1", "r4")
#define SCALE_3_FIXED SCALE_FIXED("r0", "r11", "r12", "")
/* All registers are taken: the shift comes back from s2. */
#define SCALE_3_ANY SCALE_ANY("r0", "r11", "r12", "lr") VMOV("lr", "s2")

/* Of the loop: s3: records left; s4: the channel's first column; s5: its stage; s6: channels left; s7: bytes of a step
 * in the stage. One step only. */
#define STRIDE_2_3(name, F, SETUP)                                                         \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                               \
    (void)run;                                                                                 \
    __asm__(                                                                                   \
        "push {r4-r11, lr}\n"                                                                  \
        "ldm r0, {r1-r7}\n"                                                                    \
        "ldr r9, [r5]\n"                                                                       \
        "ldr r8, [r5, #4]\n"                                                                   \
        "lsl r7, r7, #2\n"                                                                     \
        "add r1, r1, r8\n"                                                                     \
        VMOV("s3", "r1") VMOV("s4", "r9") VMOV("s5", "r2") VMOV("s6", "r3") VMOV("s7", "r7")   \
        "10:\n"                                                                                \
        VMOV("r3", "s3") VMOV("r9", "s4") VMOV("r10", "s5") VMOV("r0", "s7")                   \
        "ldm r3!, {r4-r8, r11, r12, lr}\n"                                                     \
        "add r1, r9, #4\n"                                                                     \
        "vldr s0, [r3]\n"                                                                      \
        "add r2, r10, #1\n"                                                                    \
        "adds r3, #4\n"                                                                        \
        VMOV("s4", "r1") VMOV("s5", "r2") VMOV("s3", "r3")                                     \
        "add r1, r10, r0\n"                                                                    \
        "tst r0, #8\n"                                                                         \
        VMOV("s1", "r1")                                                                       \
        SETUP                                                                                  \
        "ldr r2, [r9, #16]\nldr r3, [r9, #32]\nldr r1, [r9], #48\n"                            \
        "bne 2f\n"                                                                             \
        "1:\n" OUTPUT_3(F) OUTPUT_3(F) "2:\n" OUTPUT_3(F) OUTPUT_3(F)          \
        VMOV("r0", "s1")                                                                       \
        "cmp r10, r0\n"                                                                        \
        "bne.w 1b\n"                                                                           \
        VMOV("r0", "s6")                                                                       \
        "subs r0, #1\n"                                                                        \
        VMOV("s6", "r0")                                                                       \
        "bne.w 10b\n"                                                                          \
        "pop {r4-r11, pc}\n");                                                                 \
  }

STRIDE_2_3(thimble_depthwise_3x3_stride_2, FIXED, VMOV("lr", "s0"))
STRIDE_2_3(thimble_depthwise_3x3_stride_2_any_shift, ANY, VMOV("s2", "lr"))

/* --- 5x5 and 7x7, stride 1: tiles of two rows and four or two columns ---
 * r0-r7: sums, column by column, upper row first. r8-r11: words of neighbouring columns. r12: the unit. lr: weights.
 * The first unit needs one word of weights per kernel column for both rows, (w0, w1), the last one too, (w[k-2],
 * w[k-1]); those between need one for each row. */
#define FRAME_TILES "116"
#define TILE_STAGE "[sp, #36]"
#define TILE_END_4 "[sp, #40]"
#define TILE_END "[sp, #44]"
#define TILE_SKIP "[sp, #48]"
#define TILE_NEXT_0 "[sp, #52]"
#define TILE_NEXT_1 "[sp, #56]"
#define TILE_NEXT_2 "[sp, #60]"

#define GET(to, from) "ldr " to ", " from "\n"

#define UPPER_4(op, a, b, c, d) MAC(op, "r0", a, "lr") MAC(op, "r2", b, "lr") MAC(op, "r4", c, "lr") MAC(op, "r6", d, "lr")
#define LOWER_4(op, a, b, c, d) MAC(op, "r1", a, "lr") MAC(op, "r3", b, "lr") MAC(op, "r5", c, "lr") MAC(op, "r7", d, "lr")
#define UPPER_2(op, a, b, c, d) MAC(op, "r0", a, "lr") MAC(op, "r2", b, "lr")
#define LOWER_2(op, a, b, c, d) MAC(op, "r1", a, "lr") MAC(op, "r3", b, "lr")

/* One kernel column; w: weights of the upper row and of the lower one. */
#define FIRST_UNIT(P, w, v, a, b, c, d) VMOV("lr", w) UPPER_##P("smlad", a, b, c, d) LOWER_##P("smlatb", a, b, c, d)
#define LAST_UNIT(P, w, v, a, b, c, d) VMOV("lr", w) UPPER_##P("smlabt", a, b, c, d) LOWER_##P("smlad", a, b, c, d)
/* The same for the first column of a tile: sums begin with the bias. */
#define START_4(w, bias)                                                                                 \
  VMOV("r7", bias) VMOV("lr", w)                                                                         \
  "smlad r0, r8, lr, r7\nsmlatb r1, r8, lr, r7\nsmlad r2, r9, lr, r7\nsmlatb r3, r9, lr, r7\n"           \
  "smlad r4, r10, lr, r7\nsmlatb r5, r10, lr, r7\nsmlad r6, r11, lr, r7\nsmlatb r7, r11, lr, r7\n"
#define START_2(w, bias)                                                                                 \
  VMOV("r3", bias) VMOV("lr", w)                                                                         \
  "smlad r0, r8, lr, r3\nsmlatb r1, r8, lr, r3\nsmlad r2, r9, lr, r3\nsmlatb r3, r9, lr, r3\n"
#define START_UNIT_5(P, w, v, a, b, c, d) START_##P(w, "s23")
#define START_UNIT_7(P, w, v, a, b, c, d) START_##P(w, "s31")
#define INNER_UNIT(P, w, v, a, b, c, d) \
  w UPPER_##P("smlad", a, b, c, d) VMOV("lr", v) LOWER_##P("smlad", a, b, c, d)

#define WORD(to, column) "ldr " to ", [r12, #16 * " column "]\n"
#define WORDS_4 WORD("r8", "0") WORD("r9", "1") WORD("r10", "2") WORD("r11", "3")
#define WORDS_2 WORD("r8", "0") WORD("r9", "1")

/* The words' registers turn round from kernel column to kernel column. */
#define COLUMNS_5_4(START, UNIT, w0, v0, w1, v1, w2, v2, w3, v3, w4, v4)             \
  START(4, w0, v0, "r8", "r9", "r10", "r11") WORD("r8", "4")                   \
  UNIT(4, w1, v1, "r9", "r10", "r11", "r8") WORD("r9", "5")                   \
  UNIT(4, w2, v2, "r10", "r11", "r8", "r9") WORD("r10", "6")                  \
  UNIT(4, w3, v3, "r11", "r8", "r9", "r10") WORD("r11", "7")                  \
  UNIT(4, w4, v4, "r8", "r9", "r10", "r11")
#define COLUMNS_5_2(START, UNIT, w0, v0, w1, v1, w2, v2, w3, v3, w4, v4)             \
  START(2, w0, v0, "r8", "r9", "", "") WORD("r8", "2")                         \
  UNIT(2, w1, v1, "r9", "r8", "", "") WORD("r9", "3")                         \
  UNIT(2, w2, v2, "r8", "r9", "", "") WORD("r8", "4")                         \
  UNIT(2, w3, v3, "r9", "r8", "", "") WORD("r9", "5")                         \
  UNIT(2, w4, v4, "r8", "r9", "", "")
#define COLUMNS_7_4(START, UNIT, w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, w5, v5, w6, v6) \
  START(4, w0, v0, "r8", "r9", "r10", "r11") WORD("r8", "4")                   \
  UNIT(4, w1, v1, "r9", "r10", "r11", "r8") WORD("r9", "5")                   \
  UNIT(4, w2, v2, "r10", "r11", "r8", "r9") WORD("r10", "6")                  \
  UNIT(4, w3, v3, "r11", "r8", "r9", "r10") WORD("r11", "7")                  \
  UNIT(4, w4, v4, "r8", "r9", "r10", "r11") WORD("r8", "8")                   \
  UNIT(4, w5, v5, "r9", "r10", "r11", "r8") WORD("r9", "9")                   \
  UNIT(4, w6, v6, "r10", "r11", "r8", "r9")
#define COLUMNS_7_2(START, UNIT, w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, w5, v5, w6, v6) \
  START(2, w0, v0, "r8", "r9", "", "") WORD("r8", "2")                         \
  UNIT(2, w1, v1, "r9", "r8", "", "") WORD("r9", "3")                         \
  UNIT(2, w2, v2, "r8", "r9", "", "") WORD("r8", "4")                         \
  UNIT(2, w3, v3, "r9", "r8", "", "") WORD("r9", "5")                         \
  UNIT(2, w4, v4, "r8", "r9", "", "") WORD("r8", "6")                         \
  UNIT(2, w5, v5, "r9", "r8", "", "") WORD("r9", "7")                         \
  UNIT(2, w6, v6, "r8", "r9", "", "")

/* s0-s4 first unit, s5-s14 the inner one, s15-s19 the last one, then the constants. */
#define FIRST_5(P) COLUMNS_5_##P(START_UNIT_5, FIRST_UNIT, "s0", "", "s1", "", "s2", "", "s3", "", "s4", "")
#define INNER_5(P) COLUMNS_5_##P(INNER_UNIT, INNER_UNIT, VMOV("lr", "s5"), "s6", VMOV("lr", "s7"), "s8", VMOV("lr", "s9"), "s10", \
                                 VMOV("lr", "s11"), "s12", VMOV("lr", "s13"), "s14")
#define LAST_5(P) COLUMNS_5_##P(LAST_UNIT, LAST_UNIT, "s15", "", "s16", "", "s17", "", "s18", "", "s19", "")

/* s0-s6 first unit, s7-s20 the lower row's weights of the inner ones, s21-s27 the last one, then the constants; the
 * upper row's weights of the inner units are on the stack. */
#define STACK(at) "ldr lr, [sp, #" at "]\n"
#define FIRST_7(P) COLUMNS_7_##P(START_UNIT_7, FIRST_UNIT, "s0", "", "s1", "", "s2", "", "s3", "", "s4", "", "s5", "", "s6", "")
#define INNER_7_A(P)                                                                                               \
  COLUMNS_7_##P(INNER_UNIT, INNER_UNIT, STACK("64"), "s7", STACK("68"), "s8", STACK("72"), "s9", STACK("76"), "s10",           \
                STACK("80"), "s11", STACK("84"), "s12", STACK("88"), "s13")
#define INNER_7_B(P)                                                                                               \
  COLUMNS_7_##P(INNER_UNIT, INNER_UNIT, STACK("92"), "s14", STACK("96"), "s15", STACK("100"), "s16", STACK("104"), "s17",      \
                STACK("108"), "s18", STACK("112"), "s19", STACK("116"), "s20")
#define LAST_7(P) COLUMNS_7_##P(LAST_UNIT, LAST_UNIT, "s21", "", "s22", "", "s23", "", "s24", "", "s25", "", "s26", "", "s27", "")

#define NEXT_UNIT(next) GET("lr", next) "add r12, r12, lr\n"

/* Results of a tile: the shift in r10, the stage in r11. */
#define FINISH_1(x, F) SCALE_##F(x, "r8", "r9", "lr")
#define FINISH_4(F, M, K, S)                                                                    \
  VMOV("r8", M) VMOV("r9", K) GET_SHIFT_##F("r10", S)                                                        \
  FINISH_1("r0", F) FINISH_1("r1", F) FINISH_1("r2", F) FINISH_1("r3", F)           \
  FINISH_1("r4", F) FINISH_1("r5", F) FINISH_1("r6", F) FINISH_1("r7", F)           \
  SHIFT_##F("r0", "r10") SHIFT_##F("r1", "r10") SHIFT_##F("r2", "r10") SHIFT_##F("r3", "r10")                               \
  SHIFT_##F("r4", "r10") SHIFT_##F("r5", "r10") SHIFT_##F("r6", "r10") SHIFT_##F("r7", "r10")                               \
  SSAT_LARGE_##F("r0") SSAT_LARGE_##F("r1") SSAT_LARGE_##F("r2") SSAT_LARGE_##F("r3") SSAT_LARGE_##F("r4") SSAT_LARGE_##F("r5") SSAT_LARGE_##F("r6") SSAT_LARGE_##F("r7")           \
  "ldr r11, " TILE_STAGE "\n"                                                                       \
  "ldr r10, " TILE_END_4 "\n"                                                                       \
  "strb r1, [r11, #4]\nstrb r2, [r11, #8]\nstrb r3, [r11, #12]\nstrb r4, [r11, #16]\n"              \
  "strb r5, [r11, #20]\nstrb r6, [r11, #24]\nstrb r7, [r11, #28]\nstrb r0, [r11], #32\n"            \
  "str r11, " TILE_STAGE "\n"
#define FINISH_2(F, M, K, S)                                                                    \
  VMOV("r8", M) VMOV("r9", K) GET_SHIFT_##F("r10", S)                                                        \
  FINISH_1("r0", F) FINISH_1("r1", F) FINISH_1("r2", F) FINISH_1("r3", F)           \
  SHIFT_##F("r0", "r10") SHIFT_##F("r1", "r10") SHIFT_##F("r2", "r10") SHIFT_##F("r3", "r10")                               \
  SSAT_LARGE_##F("r0") SSAT_LARGE_##F("r1") SSAT_LARGE_##F("r2") SSAT_LARGE_##F("r3")                                                       \
  "ldr r11, " TILE_STAGE "\n"                                                                       \
  "strb r1, [r11, #4]\nstrb r2, [r11, #8]\nstrb r3, [r11, #12]\nstrb r0, [r11], #16\n"              \
  "str r11, " TILE_STAGE "\n"

/* The fixed way to results, or by way of ANY_WAY the other; `form` tells which. */
#define FINISH(P, form, other, back, M, K, S)                                                       \
  GET("lr", form)                                                                                   \
  "cmp lr, #0\nbne.w " other "f\n"                                                                  \
  FINISH_##P(FIXED, M, K, S)                                                                        \
  back ":\n"
#define ANY_WAY(P, other, back, M, K, S) other ":\n" FINISH_##P(ANY, M, K, S) "b.w " back "b\n"

/* Sums begin with the bias. */
#define BIAS_4(bias) VMOV("r0", bias) "mov r1, r0\nmov r2, r0\nmov r3, r0\nmov r4, r0\nmov r5, r0\nmov r6, r0\nmov r7, r0\n"
#define BIAS_2(bias) VMOV("r0", bias) "mov r1, r0\nmov r2, r0\nmov r3, r0\n"

/* A tile; units that are wholly padding are skipped, the first one by way of SKIPPED. The flags stay as they were set
 * at its beginning. */
#define TILE(P, after, skipped, FIRST, INNER, LAST, BEFORE_LAST, BACK)                  \
  GET("lr", TILE_SKIP)                                                                  \
  "lsls lr, lr, #1\n"                                                                   \
  "bmi.w " skipped "f\n"                                                                \
  WORDS_##P FIRST                                                                       \
  after ":\n"                                                                           \
  NEXT_UNIT(TILE_NEXT_0)                                                                \
  WORDS_##P INNER                                                                       \
  NEXT_UNIT(BEFORE_LAST)                                                                \
  "bcs.w 4f\n"                                                                          \
  WORDS_##P LAST                                                                        \
  "4:\n"                                                                                \
  NEXT_UNIT(BACK)
#define SKIPPED(P, after, skipped, bias) skipped ":\n" BIAS_##P(bias) "b.w " after "b\n"

/* The ring is walked once per tile, so that a step's distances add up to nothing; the last of them is made here. */
#define TILE_BACK "[sp, #120]"

#define TILES(name, loads, INNER_4, INNER_2, FIRST_4, FIRST_2, LAST_4, LAST_2, BEFORE_LAST, back, M, K, S, bias) \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                        \
    (void)run;                                                                          \
    __asm__(                                                                            \
        ENTER("vpush {s16-s31}\n", "128", "3") "ldr r7, " RUN_ANY_SHIFT "\nstr r7, [sp, #124]\n" \
        "10:\n"                                                                         \
        FIRST_STEP                                                                      \
        "ldr r0, " TABLE "\n"                                                           \
        loads                                                                           \
        "ldr r11, " STAGE "\n"                                                          \
        "str r11, " TILE_STAGE "\n"                                                     \
        "11:\n"                                                                         \
        "ldr r0, " STEP "\n"                                                            \
        "ldr r11, " TILE_STAGE "\n"                                                     \
        "ldr r7, " WIDTH "\n"                                                           \
        "ldm r0, {r0-r5}\n"                                                             \
        "ldr r12, " OFFSET "\n"                                                         \
        "bic r8, r7, #16\n"                                                             \
        "add r7, r7, r11\n"                                                             \
        "add r8, r8, r11\n"                                                             \
        "add r12, r12, r0\n"                                                            \
        "str r1, " TILE_NEXT_0 "\n"                                                     \
        "str r2, " TILE_NEXT_1 "\n"                                                     \
        "str r3, " TILE_NEXT_2 "\n"                                                     \
        "str " back ", " TILE_BACK "\n"                                                 \
        "str r5, " TILE_SKIP "\n"                                                       \
        "str r7, " TILE_END "\n"                                                        \
        "str r8, " TILE_END_4 "\n"                                                      \
        "cmp r11, r8\n"                                                                 \
        "beq.w 2f\n"                                                                    \
        "1:\n"                                                                          \
        TILE(4, "3", "6", FIRST_4, INNER_4, LAST_4, BEFORE_LAST, TILE_BACK)             \
        FINISH(4, "[sp, #124]", "20", "21", M, K, S) \
        "add r12, r12, #64\n"                                                           \
        "cmp r11, r10\n"                                                                \
        "bne.w 1b\n"                                                                    \
        "2:\n"                                                                          \
        "ldr r10, " TILE_END "\n"                                                       \
        "cmp r11, r10\n"                                                                \
        "beq.w 5f\n"                                                                    \
        TILE(2, "8", "9", FIRST_2, INNER_2, LAST_2, BEFORE_LAST, TILE_BACK)             \
        FINISH(2, "[sp, #124]", "22", "23", M, K, S) \
        "5:\n"                                                                          \
        NEXT_STEP NEXT_CHANNEL LEAVE("vpop {s16-s31}\n", "128")                         \
        SKIPPED(4, "3", "6", bias) SKIPPED(2, "8", "9", bias) \
        ANY_WAY(4, "20", "21", M, K, S) ANY_WAY(2, "22", "23", M, K, S));                         \
  }

#define LOADS_5 "vldm r0, {s0-s23}\n"
#define LOADS_7                         \
  "vldm r0!, {s0-s31}\n"                \
  "add r12, sp, #64\n"                  \
  "ldm r0!, {r1-r7}\n"                  \
  "stm r12!, {r1-r7}\n"                 \
  "ldm r0, {r1-r7}\n"                   \
  "stm r12, {r1-r7}\n"

#define STRIDE_1_5(name)                                                                         \
  TILES(name, LOADS_5, INNER_5(4), INNER_5(2), FIRST_5(4), FIRST_5(2), LAST_5(4), LAST_5(2), TILE_NEXT_1, "r3", \
        "s20", "s21", "s22", "s23")
#define INNER_7(P) INNER_7_A(P) NEXT_UNIT(TILE_NEXT_1) WORDS_##P INNER_7_B(P)
#define STRIDE_1_7(name)                                                                         \
  TILES(name, LOADS_7, INNER_7(4), INNER_7(2), FIRST_7(4), FIRST_7(2), LAST_7(4), LAST_7(2), TILE_NEXT_2, "r4", \
        "s28", "s29", "s30", "s31")

STRIDE_1_5(thimble_depthwise_5x5_stride_1)
STRIDE_1_7(thimble_depthwise_7x7_stride_1)

/* --- 5x5 and 7x7, stride 2: tiles of four outputs or two of a row ---
 * r0-r3: sums. r4-r10: words of neighbouring columns of one slot. r11: stage. r12: the first column. lr: weights, the
 * words of slot 0 first. */
#define SLOT_WORD(to, bytes, column, slot) "ldr " to ", [r12, #" bytes " * " column " + 16 * " slot "]\n"
#define DOTS_4(w, a, b, c, d) VMOV("lr", w) MAC("smlad", "r0", a, "lr") MAC("smlad", "r1", b, "lr") \
  MAC("smlad", "r2", c, "lr") MAC("smlad", "r3", d, "lr")
#define DOTS_2(w, a, b) VMOV("lr", w) MAC("smlad", "r0", a, "lr") MAC("smlad", "r1", b, "lr")

#define SLOT_5_4(slot, w0, w1, w2)                                                             \
  SLOT_WORD("r4", "80", "0", slot) SLOT_WORD("r5", "80", "1", slot) SLOT_WORD("r6", "80", "2", slot) \
  SLOT_WORD("r7", "80", "3", slot) SLOT_WORD("r8", "80", "4", slot) SLOT_WORD("r9", "80", "5", slot) \
  DOTS_4(w0, "r4", "r5", "r6", "r7") DOTS_4(w1, "r5", "r6", "r7", "r8") DOTS_4(w2, "r6", "r7", "r8", "r9")
#define SLOT_5_2(slot, w0, w1, w2)                                                             \
  SLOT_WORD("r4", "80", "0", slot) SLOT_WORD("r5", "80", "1", slot) SLOT_WORD("r6", "80", "2", slot) \
  SLOT_WORD("r7", "80", "3", slot)                                                             \
  DOTS_2(w0, "r4", "r5") DOTS_2(w1, "r5", "r6") DOTS_2(w2, "r6", "r7")
#define SLOT_7_4(slot, w0, w1, w2, w3)                                                         \
  SLOT_WORD("r4", "112", "0", slot) SLOT_WORD("r5", "112", "1", slot) SLOT_WORD("r6", "112", "2", slot) \
  SLOT_WORD("r7", "112", "3", slot) SLOT_WORD("r8", "112", "4", slot) SLOT_WORD("r9", "112", "5", slot) \
  SLOT_WORD("r10", "112", "6", slot)                                                           \
  DOTS_4(w0, "r4", "r5", "r6", "r7") DOTS_4(w1, "r5", "r6", "r7", "r8")                        \
  DOTS_4(w2, "r6", "r7", "r8", "r9") DOTS_4(w3, "r7", "r8", "r9", "r10")
#define SLOT_7_2(slot, w0, w1, w2, w3)                                                         \
  SLOT_WORD("r4", "112", "0", slot) SLOT_WORD("r5", "112", "1", slot) SLOT_WORD("r6", "112", "2", slot) \
  SLOT_WORD("r7", "112", "3", slot) SLOT_WORD("r8", "112", "4", slot)                          \
  DOTS_2(w0, "r4", "r5") DOTS_2(w1, "r5", "r6") DOTS_2(w2, "r6", "r7") DOTS_2(w3, "r7", "r8")

#define SLOTS_5(P)                                                                             \
  SLOT_5_##P("0", "s0", "s1", "s2") SLOT_5_##P("1", "s3", "s4", "s5") SLOT_5_##P("2", "s6", "s7", "s8") \
  SLOT_5_##P("3", "s9", "s10", "s11") SLOT_5_##P("4", "s12", "s13", "s14")
#define SLOTS_7(P)                                                                             \
  SLOT_7_##P("0", "s0", "s1", "s2", "s3") SLOT_7_##P("1", "s4", "s5", "s6", "s7")              \
  SLOT_7_##P("2", "s8", "s9", "s10", "s11") SLOT_7_##P("3", "s12", "s13", "s14", "s15")        \
  SLOT_7_##P("4", "s16", "s17", "s18", "s19") SLOT_7_##P("5", "s20", "s21", "s22", "s23")      \
  SLOT_7_##P("6", "s24", "s25", "s26", "s27")

#define RESULTS_4(F) \
  VMOV("r4", "s28") VMOV("r5", "s29") GET_SHIFT_##F("r6", "s30")                                  \
        SCALE_##F("r0", "r4", "r5", "lr") SCALE_##F("r1", "r4", "r5", "lr")                            \
        SCALE_##F("r2", "r4", "r5", "lr") SCALE_##F("r3", "r4", "r5", "lr")                            \
        SHIFT_##F("r0", "r6") SHIFT_##F("r1", "r6") SHIFT_##F("r2", "r6") SHIFT_##F("r3", "r6")                        \
        SSAT_LARGE_##F("r0") SSAT_LARGE_##F("r1") SSAT_LARGE_##F("r2") SSAT_LARGE_##F("r3")
#define RESULTS_2(F) \
  VMOV("r4", "s28") VMOV("r5", "s29") GET_SHIFT_##F("r6", "s30")                                  \
        SCALE_##F("r0", "r4", "r5", "lr") SCALE_##F("r1", "r4", "r5", "lr")                            \
        SHIFT_##F("r0", "r6") SHIFT_##F("r1", "r6") SSAT_LARGE_##F("r0") SSAT_LARGE_##F("r1")
#define RESULTS(P, other, back)        \
  "ldr lr, [sp, #44]\n"                \
  "cmp lr, #0\nbne.w " other "f\n"     \
  RESULTS_##P(FIXED)                   \
  back ":\n"
#define ANY_RESULTS(P, other, back) other ":\n" RESULTS_##P(ANY) "b.w " back "b\n"

#define STRIDE_2_TILES(name, count, SLOTS, advance)                                     \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                               \
    (void)run;                                                                                 \
    __asm__(                                                                                   \
        ENTER("vpush {s16-s31}\n", "48", "2") "ldr r7, " RUN_ANY_SHIFT "\nstr r7, [sp, #44]\n" \
        "10:\n"                                                                                \
        FIRST_STEP                                                                             \
        "ldr r11, " STAGE "\n"                                                                 \
        "11:\n"                                                                                \
        "ldr r0, " STEP "\n"                                                                   \
        "ldr r3, " TABLE "\n"                                                                  \
        "ldr r7, " WIDTH "\n"                                                                  \
        "ldr r12, [r0]\n"                                                                      \
        "ldr r1, [r0, #4]\n"                                                                   \
        "ldr r2, " OFFSET "\n"                                                                 \
        "vldm r3!, {s28-s31}\n"                                                                \
        "bic r8, r7, #8\n"                                                                     \
        "add r12, r12, r2\n"                                                                   \
        "add r3, r3, r1\n"                                                                     \
        "add r7, r7, r11\n"                                                                    \
        "add r8, r8, r11\n"                                                                    \
        "vldm r3, {s0-s" count "}\n"                                                           \
        "str r7, [sp, #36]\n"                                                                  \
        "str r8, [sp, #40]\n"                                                                  \
        "cmp r11, r8\n"                                                                        \
        "beq.w 2f\n"                                                                           \
        "1:\n"                                                                                 \
        VMOV("r0", "s31") "mov r1, r0\nmov r2, r0\nmov r3, r0\n"                               \
        SLOTS(4)                                                                               \
        RESULTS(4, "20", "21") \
        "ldr r4, [sp, #40]\n"                                                                  \
        "strb r1, [r11, #4]\nstrb r2, [r11, #8]\nstrb r3, [r11, #12]\nstrb r0, [r11], #16\n"   \
        "add r12, r12, #4 * " advance "\n"                                                     \
        "cmp r11, r4\n"                                                                        \
        "bne.w 1b\n"                                                                           \
        "2:\n"                                                                                 \
        "ldr r4, [sp, #36]\n"                                                                  \
        "cmp r11, r4\n"                                                                        \
        "beq.w 5f\n"                                                                           \
        VMOV("r0", "s31") "mov r1, r0\n"                                                       \
        SLOTS(2)                                                                               \
        RESULTS(2, "22", "23") \
        "strb r1, [r11, #4]\nstrb r0, [r11], #8\n"                                             \
        "5:\n"                                                                                 \
        NEXT_STEP NEXT_CHANNEL LEAVE("vpop {s16-s31}\n", "48") \
        ANY_RESULTS(4, "20", "21") ANY_RESULTS(2, "22", "23"));                               \
  }

STRIDE_2_TILES(thimble_depthwise_5x5_stride_2, "14", SLOTS_5, "80")
STRIDE_2_TILES(thimble_depthwise_7x7_stride_2, "27", SLOTS_7, "112")

/* --- columns of two rows into words, and back ---
 * r0: pixel a; r1: pixel b, or how far it is from a; r2, r3: their steps, or a's and how far the next b is from a;
 * r4: columns, r5: their step; r6: minus the zero point; r7: columns left. On the stack: the argument. */
#define PACK(a, b)                             \
  "pkhbt r12, " a ", " b ", lsl #16\n"         \
  "pkhtb lr, " b ", " a ", asr #16\n"          \
  "sxtab16 " a ", r6, r12\n"                   \
  "sxtab16 r12, r6, r12, ror #8\n"             \
  "sxtab16 " b ", r6, lr\n"                    \
  "sxtab16 lr, r6, lr, ror #8\n"               \
  "str " a ", [r4]\n"                          \
  "str r12, [r4, #4]\n"                        \
  "str " b ", [r4, #8]\n"                      \
  "str lr, [r4, #12]\n"                        \
  "add r4, r4, r5\n"
/* Columns that lie side by side. */
#define PACK_16(a, b)                          \
  "pkhbt r12, " a ", " b ", lsl #16\n"         \
  "pkhtb lr, " b ", " a ", asr #16\n"          \
  "sxtab16 " a ", r6, r12\n"                   \
  "sxtab16 r12, r6, r12, ror #8\n"             \
  "sxtab16 " b ", r6, lr\n"                    \
  "sxtab16 lr, r6, lr, ror #8\n"               \
  "str r12, [r4, #4]\n"                        \
  "str " b ", [r4, #8]\n"                      \
  "str lr, [r4, #12]\n"                        \
  "str " a ", [r4], #16\n"
#define TWO_COLUMNS_16                                                                           \
  "ldr r8, [r0]\nldr r9, [r0, r2]\nldr r10, [r0, r1]\nldr r11, [r0, r3]\n"                       \
  "add r0, r0, r2, lsl #1\n"                                                                     \
  PACK_16("r8", "r10") PACK_16("r9", "r11")
#define TWO_COLUMNS                                                                              \
  "ldr r8, [r0]\nldr r9, [r0, r2]\nldr r10, [r0, r1]\nldr r11, [r0, r3]\n"                       \
  "add r0, r0, r2, lsl #1\n"                                                                     \
  PACK("r8", "r10") PACK("r9", "r11")

__attribute__((naked)) void thimble_depthwise_fill_columns(thimble_depthwise_fill* fill) {
  (void)fill;
  __asm__(
      "push {r0, r4-r11, lr}\n"
      "ldm r0, {r0-r7}\n"
      "cmp r2, r3\n"
      "bne.w 5f\n"
      "sub r1, r1, r0\n"
      "add r3, r1, r2\n"
      "3:\n"
      "lsrs r7, r7, #1\n"
      "bcc 1f\n"
      "ldr r8, [r0]\nldr r10, [r0, r1]\n"
      "add r0, r0, r2\n"
      PACK("r8", "r10")
      "cmp r7, #0\n"
      "beq.w 4f\n"
      "1:\n"
      "cmp r5, #16\n"
      "beq.w 6f\n"
      "2:\n"
      TWO_COLUMNS
      "subs r7, r7, #1\n"
      "beq.w 4f\n"
      TWO_COLUMNS
      "subs r7, r7, #1\n"
      "bne.w 2b\n"
      "4:\n"
      "ldr r8, [sp]\n"
      "ldrd r9, r10, [r8, #32]\n"
      "subs r9, r9, #1\n"
      "bne 7f\n"
      "str r4, [r8, #16]\n"
      "pop {r0, r4-r11, pc}\n"
      "7:\n"
      "ldr r11, [r8, #40]\n"
      "ldr r7, [r8, #28]\n"
      "str r9, [r8, #32]\n"
      "add r0, r0, r10\n"
      "add r4, r4, r11\n"
      "b 3b\n"
      "5:\n"
      "ldr r8, [r0]\nldr r10, [r1]\n"
      "add r0, r0, r2\n"
      "add r1, r1, r3\n"
      PACK("r8", "r10")
      "subs r7, r7, #1\n"
      "bne.w 5b\n"
      "b.w 4b\n"
      "6:\n"
      TWO_COLUMNS_16
      "subs r7, r7, #1\n"
      "beq.w 4b\n"
      TWO_COLUMNS_16
      "subs r7, r7, #1\n"
      "bne.w 6b\n"
      "b.w 4b\n");
}

/* --- weights into records ---
 * r0: record; r1: weights, r2: how far the others are, s0: the step of both; r3: bytes of a record; r4: the step; r5-r8:
 * scales; lr: pairs left. */
#define PUT(word, scale, to)              \
  "smulbb r11, " word ", " scale "\n"     \
  "smultb " word ", " word ", " scale "\n" \
  "pkhbt r11, r11, " word ", lsl #16\n"   \
  "str r11, " to "\n"

__attribute__((naked)) void thimble_depthwise_put_pairs(const thimble_depthwise_pairs* pairs) {
  (void)pairs;
  __asm__(
      "push {r4-r11, lr}\n"
      "ldr lr, [r0, #36]\n"
      "vldr s0, [r0, #40]\n"
      "ldm r0, {r0-r8}\n"
      "sub r2, r2, r1\n"
      "1:\n"
      "ldr r9, [r1]\n"
      "ldr r10, [r1, r2]\n"
      VMOV("r12", "s0")
      "add r1, r1, r12\n"
      "pkhbt r12, r9, r10, lsl #16\n"
      "pkhtb r10, r10, r9, asr #16\n"
      "sxtb16 r9, r12\n"
      PUT("r9", "r5", "[r0]")
      "sxtb16 r9, r12, ror #8\n"
      PUT("r9", "r6", "[r0, r3]")
      "sxtb16 r9, r10\n"
      PUT("r9", "r7", "[r0, r3, lsl #1]")
      "sxtb16 r9, r10, ror #8\n"
      "add r12, r3, r3, lsl #1\n"
      PUT("r9", "r8", "[r0, r12]")
      "add r0, r0, r4\n"
      "subs lr, lr, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}

/* Two words in, two words out: six cycles a column. */
#define STORE_TWO                     \
  "ldr r5, [r1], #4\n"                \
  "ldr r6, [r1], #4\n"                \
  "str r6, [r0, r4]\n"                \
  "str r5, [r0]\n"                    \
  "add r0, r0, r2\n"

__attribute__((naked)) void thimble_depthwise_store_two_rows(int8_t* to, const thimble_word* stage, uint32_t step,
                                                             uint32_t count, uint32_t row_bytes,
                                                             uint32_t steps, uint32_t gap) {
  (void)to, (void)stage, (void)step, (void)count, (void)row_bytes, (void)steps, (void)gap;
  __asm__(
      "push {r4-r8, lr}\n"
      "mov r12, r3\n"
      "ldrd r4, r7, [sp, #24]\n"
      "ldr r8, [sp, #32]\n"
      "6:\n"
      "lsrs r3, r3, #1\n"
      "bcc 1f\n"
      STORE_TWO
      "cbz r3, 4f\n"
      "1:\n"
      "lsrs r3, r3, #1\n"
      "bcs 3f\n"
      "2:\n"
      "subs r3, r3, #1\n"
      STORE_TWO STORE_TWO
      "3:\n"
      STORE_TWO STORE_TWO
      "cmp r3, #0\n"
      "bne 2b\n"
      "4:\n"
      "add r1, r1, r8\n"
      "add r0, r0, r4\n"
      "mov r3, r12\n"
      "subs r7, r7, #1\n"
      "bne 6b\n"
      "pop {r4-r8, pc}\n");
}

__attribute__((naked)) void thimble_depthwise_store_row(int8_t* to, const thimble_word* stage, uint32_t step,
                                                        uint32_t count) {
  (void)to, (void)stage, (void)step, (void)count;
  __asm__(
      "push {r4, r5}\n"
      "lsrs r3, r3, #1\n"
      "bcc 1f\n"
      "ldr r4, [r1], #4\n"
      "str r4, [r0]\n"
      "add r0, r0, r2\n"
      "cbz r3, 4f\n"
      "1:\n"
      "ldr r4, [r1], #4\n"
      "ldr r5, [r1], #4\n"
      "str r5, [r0, r2]\n"
      "subs r3, r3, #1\n"
      "str r4, [r0]\n"
      "add r0, r0, r2, lsl #1\n"
      "beq 4f\n"
      "ldr r4, [r1], #4\n"
      "ldr r5, [r1], #4\n"
      "str r5, [r0, r2]\n"
      "subs r3, r3, #1\n"
      "str r4, [r0]\n"
      "add r0, r0, r2, lsl #1\n"
      "bne 1b\n"
      "4:\n"
      "pop {r4, r5}\n"
      "bx lr\n");
}

#else
typedef int thimble_depthwise_dsp_is_empty; /* ISO C wants a declaration */
#endif
