/* Depthwise 5x5 and 7x7, stride 1, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

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

#else
typedef int thimble_depthwise_tiles_stride_1_is_empty; /* ISO C wants a declaration */
#endif
