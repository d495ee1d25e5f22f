/* Depthwise 5x5 and 7x7, stride 1, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* --- tiles of two rows and four or two columns ---
 * r0-r7: sums, column by column, upper row first. r8-r11: words of neighbouring columns. r12: the unit. lr: weights.
 * The first unit needs one word of weights per kernel column for both rows, (w0, w1), the last one too, (w[k-2],
 * w[k-1]); those between need one for each row. */
/* On the stack. */
#define STAGE "[sp, #0]"     /* of the channel */
#define OFFSETS_END "[sp, #4]"
#define OFFSET "[sp, #8]"    /* of the channel's words in a column */
#define STEPS "[sp, #12]"
#define STEPS_END "[sp, #16]"
#define WIDTH "[sp, #20]"    /* bytes of a step in the stage */
#define TABLE "[sp, #24]"    /* of the next channel */
#define STEP "[sp, #28]"     /* the next one */

/* What a tile needs: in s20-s26 with 5x5, on the stack with 7x7, followed by weights. */
#define MULTIPLIER_5 "s20"
#define ADDEND_5 "s21"
#define SHIFT_5 "s22"
#define BIAS_5 "s23"
#define STAGE_5 "s24"
#define END_4_5 "s25"
#define FORM_5 "s26"
#define FRAME_5 "32"
#define STAGE_7 "[sp, #32]"
#define END_4_7 "[sp, #36]"
#define FORM_7 "[sp, #40]"
#define MULTIPLIER_7 "[sp, #44]"
#define ADDEND_7 "[sp, #48]"
#define SHIFT_7 "[sp, #52]"
#define BIAS_7 "[sp, #56]"
#define FRAME_7 "120"
#define GET_5(what, to) VMOV(to, what##_5)
#define SET_5(what, from) VMOV(what##_5, from)
#define GET_7(what, to) "ldr " to ", " what##_7 "\n"
#define SET_7(what, from) "str " from ", " what##_7 "\n"

/* Sums of some columns of a kernel column; `x`: of the tile's first one, and so on. */
#define COLUMN_0(up, low, x) MAC(up, "r0", x, "lr") MAC(low, "r1", x, "lr")
#define COLUMN_1(up, low, x) MAC(up, "r2", x, "lr") MAC(low, "r3", x, "lr")
#define COLUMN_2(up, low, x) MAC(up, "r4", x, "lr") MAC(low, "r5", x, "lr")
#define COLUMN_3(up, low, x) MAC(up, "r6", x, "lr") MAC(low, "r7", x, "lr")
#define UPPER_4(a, b, c, d) MAC("smlad", "r0", a, "lr") MAC("smlad", "r2", b, "lr") MAC("smlad", "r4", c, "lr") MAC("smlad", "r6", d, "lr")
#define LOWER_4(a, b, c, d) MAC("smlad", "r1", a, "lr") MAC("smlad", "r3", b, "lr") MAC("smlad", "r5", c, "lr") MAC("smlad", "r7", d, "lr")
#define UPPER_2(a, b) MAC("smlad", "r0", a, "lr") MAC("smlad", "r2", b, "lr")
#define LOWER_2(a, b) MAC("smlad", "r1", a, "lr") MAC("smlad", "r3", b, "lr")

#define WORD(to, column) "ldr " to ", [r12, #16 * " column "]\n"
#define WORDS_4 WORD("r8", "0") WORD("r9", "1") WORD("r10", "2") WORD("r11", "3")
#define WORDS_2 WORD("r8", "0") WORD("r9", "1")

/* Kernel column 0 of the first unit, whose sums begin with the bias, and of the last one. */
#define BEGIN_4(w) VMOV("lr", w)                                                                         \
  "smlad r0, r8, lr, r7\nsmlatb r1, r8, lr, r7\nsmlad r2, r9, lr, r7\nsmlatb r3, r9, lr, r7\n"           \
  "smlad r4, r10, lr, r7\nsmlatb r5, r10, lr, r7\nsmlad r6, r11, lr, r7\nsmlatb r7, r11, lr, r7\n"
#define BEGIN_2(w) VMOV("lr", w)                                                                         \
  "smlad r0, r8, lr, r3\nsmlatb r1, r8, lr, r3\nsmlad r2, r9, lr, r3\nsmlatb r3, r9, lr, r3\n"
#define OUTER_4(up, low, w, a, b, c, d) VMOV("lr", w) \
  COLUMN_0(up, low, a) COLUMN_1(up, low, b) COLUMN_2(up, low, c) COLUMN_3(up, low, d)
/* With two words that are loaded before its last column. */
#define LOADING_4(up, low, w, a, b, c, d, load) VMOV("lr", w) \
  COLUMN_0(up, low, a) COLUMN_1(up, low, b) COLUMN_2(up, low, c) load COLUMN_3(up, low, d)
#define OUTER_2(up, low, w, a, b) VMOV("lr", w) COLUMN_0(up, low, a) COLUMN_1(up, low, b)
#define ZEROTH_4(w) OUTER_4("smlabt", "smlad", w, "r8", "r9", "r10", "r11")
#define ZEROTH_2(w) OUTER_2("smlabt", "smlad", w, "r8", "r9")
#define INNER_4(w, v, a, b, c, d) w UPPER_4(a, b, c, d) VMOV("lr", v) LOWER_4(a, b, c, d)
#define INNER_2(w, v, a, b) w UPPER_2(a, b) VMOV("lr", v) LOWER_2(a, b)

/* From kernel column 1 on; the words' registers turn round. `next` moves r12 on as soon as all words are loaded. */
#define OUTER_5_4(up, low, w1, w2, w3, w4, next)                                                      \
  LOADING_4(up, low, w1, "r9", "r10", "r11", "r8", WORD("r8", "4") WORD("r9", "5"))                   \
  OUTER_4(up, low, w2, "r10", "r11", "r8", "r9")                                                      \
  LOADING_4(up, low, w3, "r11", "r8", "r9", "r10", WORD("r10", "6") WORD("r11", "7"))                 \
  next OUTER_4(up, low, w4, "r8", "r9", "r10", "r11")
#define OUTER_5_2(up, low, w1, w2, w3, w4, next)                                                      \
  WORD("r8", "2") WORD("r10", "3") OUTER_2(up, low, w1, "r9", "r8")                                   \
  OUTER_2(up, low, w2, "r8", "r10")                                                                   \
  WORD("r9", "4") WORD("r11", "5") OUTER_2(up, low, w3, "r10", "r9")                                  \
  next OUTER_2(up, low, w4, "r9", "r11")
#define OUTER_7_4(up, low, w1, w2, w3, w4, w5, w6, next)                                              \
  LOADING_4(up, low, w1, "r9", "r10", "r11", "r8", WORD("r8", "4") WORD("r9", "5"))                   \
  OUTER_4(up, low, w2, "r10", "r11", "r8", "r9")                                                      \
  LOADING_4(up, low, w3, "r11", "r8", "r9", "r10", WORD("r10", "6") WORD("r11", "7"))                 \
  OUTER_4(up, low, w4, "r8", "r9", "r10", "r11")                                                      \
  LOADING_4(up, low, w5, "r9", "r10", "r11", "r8", WORD("r8", "8") WORD("r9", "9"))                   \
  next OUTER_4(up, low, w6, "r10", "r11", "r8", "r9")
#define OUTER_7_2(up, low, w1, w2, w3, w4, w5, w6, next)                                              \
  WORD("r8", "2") WORD("r10", "3") OUTER_2(up, low, w1, "r9", "r8")                                   \
  OUTER_2(up, low, w2, "r8", "r10")                                                                   \
  WORD("r9", "4") WORD("r11", "5") OUTER_2(up, low, w3, "r10", "r9")                                  \
  OUTER_2(up, low, w4, "r9", "r11")                                                                   \
  WORD("r8", "6") WORD("r10", "7") OUTER_2(up, low, w5, "r11", "r8")                                  \
  next OUTER_2(up, low, w6, "r8", "r10")
#define INNER_5_4(w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, next)                                       \
  INNER_4(w0, v0, "r8", "r9", "r10", "r11") WORD("r8", "4")                                           \
  INNER_4(w1, v1, "r9", "r10", "r11", "r8") WORD("r9", "5")                                           \
  INNER_4(w2, v2, "r10", "r11", "r8", "r9") WORD("r10", "6")                                          \
  INNER_4(w3, v3, "r11", "r8", "r9", "r10") WORD("r11", "7")                                          \
  next INNER_4(w4, v4, "r8", "r9", "r10", "r11")
#define INNER_5_2(w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, next)                                       \
  WORD("r10", "2") WORD("r11", "3") INNER_2(w0, v0, "r8", "r9")                                       \
  INNER_2(w1, v1, "r9", "r10")                                                                        \
  WORD("r8", "4") WORD("r9", "5") next INNER_2(w2, v2, "r10", "r11")                                  \
  INNER_2(w3, v3, "r11", "r8")                                                                        \
  INNER_2(w4, v4, "r8", "r9")
#define INNER_7_4(w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, w5, v5, w6, v6, next)                       \
  INNER_4(w0, v0, "r8", "r9", "r10", "r11") WORD("r8", "4")                                           \
  INNER_4(w1, v1, "r9", "r10", "r11", "r8") WORD("r9", "5")                                           \
  INNER_4(w2, v2, "r10", "r11", "r8", "r9") WORD("r10", "6")                                          \
  INNER_4(w3, v3, "r11", "r8", "r9", "r10") WORD("r11", "7")                                          \
  INNER_4(w4, v4, "r8", "r9", "r10", "r11") WORD("r8", "8")                                           \
  INNER_4(w5, v5, "r9", "r10", "r11", "r8") WORD("r9", "9")                                           \
  next INNER_4(w6, v6, "r10", "r11", "r8", "r9")
#define INNER_7_2(w0, v0, w1, v1, w2, v2, w3, v3, w4, v4, w5, v5, w6, v6, next)                       \
  WORD("r10", "2") WORD("r11", "3") INNER_2(w0, v0, "r8", "r9")                                       \
  INNER_2(w1, v1, "r9", "r10")                                                                        \
  WORD("r8", "4") WORD("r9", "5") INNER_2(w2, v2, "r10", "r11")                                       \
  INNER_2(w3, v3, "r11", "r8")                                                                        \
  WORD("r10", "6") WORD("r11", "7") next INNER_2(w4, v4, "r8", "r9")                                  \
  INNER_2(w5, v5, "r9", "r10")                                                                        \
  INNER_2(w6, v6, "r10", "r11")

/* s0-s4 first unit, s5-s14 the inner one, its lower row first, s15-s19 the last one. s28-s31: from a unit to the next,
 * from the last one to the next tile. */
#define W(from) VMOV("lr", from)
#define NEXT_UNIT(from) VMOV("lr", from) "add r12, r12, lr\n"
#define FIRST_5(P) BEGIN_##P("s0") OUTER_5_##P("smlad", "smlatb", "s1", "s2", "s3", "s4", NEXT_UNIT("s28"))
#define MIDDLE_5(P) WORDS_##P \
  INNER_5_##P(W("s10"), "s5", W("s11"), "s6", W("s12"), "s7", W("s13"), "s8", W("s14"), "s9", NEXT_UNIT("s29"))
#define LAST_5(P) ZEROTH_##P("s15") \
  OUTER_5_##P("smlabt", "smlad", "s16", "s17", "s18", "s19", NEXT_UNIT("s31"))

/* s0-s6 first unit, s7-s20 the lower row's weights of the inner ones, s21-s27 the last one; the upper row's weights of
 * the inner units are on the stack. */
#define STACK(word) "ldr lr, [sp, #60 + 4 * " word "]\n"
#define FIRST_7(P) BEGIN_##P("s0") OUTER_7_##P("smlad", "smlatb", "s1", "s2", "s3", "s4", "s5", "s6", NEXT_UNIT("s28"))
#define MIDDLE_7(P) WORDS_##P                                                                          \
  INNER_7_##P(STACK("0"), "s7", STACK("1"), "s8", STACK("2"), "s9", STACK("3"), "s10", STACK("4"), "s11",      \
              STACK("5"), "s12", STACK("6"), "s13", NEXT_UNIT("s29"))                                 \
  WORDS_##P                                                                                            \
  INNER_7_##P(STACK("7"), "s14", STACK("8"), "s15", STACK("9"), "s16", STACK("10"), "s17", STACK("11"),     \
              "s18", STACK("12"), "s19", STACK("13"), "s20", NEXT_UNIT("s30"))
#define LAST_7(P) ZEROTH_##P("s21") \
  OUTER_7_##P("smlabt", "smlad", "s22", "s23", "s24", "s25", "s26", "s27", NEXT_UNIT("s31"))

/* Results of a tile. */
#define MULTIPLY(x) "smmla " x ", " x ", r8, r9\n"
#define NUDGE(x) SCALE_ANY(x, "r8", "r9", "lr")
#define SHIFT(x) "asr " x ", " x ", r10\n"
#define EACH_2(f) f("r0") f("r1") f("r2") f("r3")
#define EACH_4(f) EACH_2(f) f("r4") f("r5") f("r6") f("r7")
#define STORE_4                                                                                      \
  "strb r1, [r11, #4]\nstrb r2, [r11, #8]\nstrb r3, [r11, #12]\nstrb r4, [r11, #16]\n"               \
  "strb r5, [r11, #20]\nstrb r6, [r11, #24]\nstrb r7, [r11, #28]\nstrb r0, [r11], #32\n"
#define STORE_2 "strb r1, [r11, #4]\nstrb r2, [r11, #8]\nstrb r3, [r11, #12]\nstrb r0, [r11], #16\n"

/* The fixed way to results, or out of line the other. */
#define FINISH(K, P, other, back)                                                                    \
  GET_##K(MULTIPLIER, "r8") GET_##K(ADDEND, "r9") GET_##K(STAGE, "r11") GET_##K(FORM, "lr")          \
  "teq lr, #0\nbne.w " other "f\n"                                                                   \
  EACH_##P(MULTIPLY) EACH_##P(SSAT_LARGE_FIXED)                                                      \
  back ":\n" STORE_##P
#define ANY_WAY(K, P, other, back) \
  other ":\n" GET_##K(SHIFT, "r10") EACH_##P(NUDGE) EACH_##P(SHIFT) EACH_##P(SSAT_ANY) "b.w " back "b\n"

/* Sums begin with the bias. */
#define BIAS_4(K) GET_##K(BIAS, "r7")
#define BIAS_2(K) GET_##K(BIAS, "r3")
#define BIASED_2(K) GET_##K(BIAS, "r0") "mov r1, r0\nmov r2, r0\nmov r3, r0\n"
#define BIASED_4(K) BIASED_2(K) "mov r4, r0\nmov r5, r0\nmov r6, r0\nmov r7, r0\n"

/* A tile; units that are wholly padding are skipped: V: the first one, C: the last one. */
#define TILE(K, P, first, after, last, done, FIRST, MIDDLE, LAST)                          \
  "bvs.w " first "f\n"                                                                  \
  BIAS_##P(K) WORDS_##P FIRST                                                              \
  after ":\n"                                                                           \
  MIDDLE                                                                                \
  "bcs.w " last "f\n"                                                                   \
  WORDS_##P LAST                                                                        \
  done ":\n"
#define SKIPS(K, P, first, after, last, done)                                              \
  first ":\n" BIASED_##P(K) NEXT_UNIT("s28") "b.w " after "b\n"                            \
  last ":\n" NEXT_UNIT("s31") "b.w " done "b\n"

/* Places of units: r2 on; the last one's is followed by the first one of the next tile. */
#define NEXTS_5 "adds r4, #64\nvmov s28, s29, r2, r3\nvmov s31, r4\n"
#define NEXTS_7 "adds r5, #64\nvmov s28, s29, r2, r3\nvmov s30, s31, r4, r5\n"

/* A channel's record; r0 moves on to the next one. */
#define LOADS_5 "vldm r0!, {s0-s23}\n"
#define LOADS_7                         \
  "vldm r0!, {s0-s27}\n"                \
  "add r12, sp, #44\n"                  \
  "ldm r0!, {r1-r9}\n"                  \
  "stm r12!, {r1-r9}\n"                 \
  "ldm r0!, {r1-r9}\n"                  \
  "stm r12!, {r1-r9}\n"

#define TILES(name, K)                                                                  \
  __attribute__((naked)) void name(thimble_depthwise_run* run) {                        \
    (void)run;                                                                          \
    __asm__(                                                                            \
        "push {r4-r11, lr}\n"                                                           \
        "vpush {s16-s31}\n"                                                             \
        "sub sp, sp, #" FRAME_##K "\n"                                                  \
        "ldm r0, {r0-r7}\n"                                                             \
        "movs r3, #0\n"                                                                 \
        "lsls r2, r2, #2\n"                                                             \
        "lsls r6, r6, #3\n"                                                             \
        "add r5, r5, r5, lsl #1\n"                                                      \
        "add r5, r4, r5, lsl #3\n"                                                      \
        SET_##K(FORM, "r7")                                                             \
        "stm sp, {r1-r6}\n"                                                             \
        "10:\n"                                                                         \
        LOADS_##K                                                                       \
        "str r0, " TABLE "\n"                                                           \
        "ldr r0, " STEPS "\n"                                                           \
        "ldr r11, " STAGE "\n"                                                          \
        "11:\n"                                                                         \
        "ldr r8, " WIDTH "\n"                                                           \
        "ldr r12, " OFFSET "\n"                                                         \
        "ldm r0!, {r1-r6}\n"                                                            \
        "bic r8, r8, #16\n"                                                             \
        "str r0, " STEP "\n"                                                            \
        "add r8, r8, r11\n"                                                             \
        "add r12, r12, r1\n"                                                            \
        NEXTS_##K                                                                       \
        SET_##K(END_4, "r8") SET_##K(STAGE, "r11")                                      \
        "msr apsr_nzcvq, r6\n"                                                          \
        "teq r11, r8\n"                                                                 \
        "beq.w 2f\n"                                                                    \
        "1:\n"                                                                          \
        TILE(K, 4, "20", "21", "22", "23", FIRST_##K(4), MIDDLE_##K(4), LAST_##K(4))    \
        FINISH(K, 4, "30", "31")                                                        \
        GET_##K(END_4, "r10") SET_##K(STAGE, "r11")                                     \
        "teq r11, r10\n"                                                                \
        "bne.w 1b\n"                                                                    \
        "2:\n"                                                                          \
        "ldr r10, " WIDTH "\n"                                                          \
        "tst r10, #16\n"                                                                \
        "beq.w 5f\n"                                                                    \
        TILE(K, 2, "24", "25", "26", "27", FIRST_##K(2), MIDDLE_##K(2), LAST_##K(2))    \
        FINISH(K, 2, "32", "33")                                                        \
        "5:\n"                                                                          \
        "ldr r0, " STEP "\n"                                                            \
        "ldr r1, " STEPS_END "\n"                                                       \
        "cmp r0, r1\n"                                                                  \
        "bne.w 11b\n"                                                                   \
        "ldr r0, " TABLE "\n"                                                           \
        "ldr r1, " STAGE "\n"                                                           \
        "ldr r2, " OFFSETS_END "\n"                                                     \
        "ldr r3, " OFFSET "\n"                                                          \
        "adds r1, #1\n"                                                                 \
        "adds r3, #4\n"                                                                 \
        "str r1, " STAGE "\n"                                                           \
        "str r3, " OFFSET "\n"                                                          \
        "cmp r3, r2\n"                                                                  \
        "bne.w 10b\n"                                                                   \
        "add sp, sp, #" FRAME_##K "\n"                                                  \
        "vpop {s16-s31}\n"                                                              \
        "pop {r4-r11, pc}\n"                                                            \
        SKIPS(K, 4, "20", "21", "22", "23") SKIPS(K, 2, "24", "25", "26", "27")         \
        ANY_WAY(K, 4, "30", "31") ANY_WAY(K, 2, "32", "33"));                           \
  }

TILES(thimble_depthwise_5x5_stride_1, 5)
TILES(thimble_depthwise_7x7_stride_1, 7)

#else
typedef int thimble_depthwise_tiles_stride_1_is_empty; /* ISO C wants a declaration */
#endif
