/* Rows of one depthwise channel for Armv7E-M, two outputs at a time: r7 and r8 are their sums, r5 the planes, r6 the
 * output, lr the row's description, r4 the tap pairs (3x3 holds its five in r0-r4). Cycles are those of the Cortex-M4
 * manual without wait states. */
#include "depthwise.h"

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

/* thimble_depthwise_row */
#define ROW_MULTIPLIER "[lr, #0]"
#define ROW_ADDEND "[lr, #4]"
#define ROW_LEFT "[lr, #8]"
#define ROW_RIGHT "[lr, #12]"
#define ROW_NUDGE "[lr, #16]"
#define ROW_X "[lr, #20]"
#define ROW_OUTPUT "[lr, #24]"
#define ROW_TAPS "[lr, #28]"
#define ROW_BIAS "[lr, #32]"
#define ROW_END "[lr, #36]"
#define ROW_OUT_C "[lr, #40]"
#define ROW_ODD "[lr, #44]"
#define ROW_RELU "[lr, #48]"

/* A lone last output runs as a pair whose second member is overwritten: out_c is 0 then. */
#define BEGIN                \
  "push {r4-r11, lr}\n"      \
  "mov lr, r0\n"             \
  "ldr r5, " ROW_X "\n"      \
  "ldr r6, " ROW_OUTPUT "\n" \
  "ldr r9, " ROW_END "\n"    \
  "cmp r6, r9\n"             \
  "beq 3f\n"                 \
  "1:\n"

/* Both results are saturated and stored, then on to the next two outputs; at the end the registers come back. */
#define STORE(advance)         \
  "ldr r9, " ROW_OUT_C "\n"    \
  "ldr r10, " ROW_END "\n"     \
  "asr r7, r7, r12\n"          \
  "asr r8, r8, r12\n"          \
  "ssat r7, #8, r7\n"          \
  "ssat r8, #8, r8\n"          \
  "strb r8, [r6, r9]\n"        \
  "strb r7, [r6]\n"            \
  "add r6, r6, r9, lsl #1\n"   \
  "add r5, r5, #" advance "\n" \
  "cmp r6, r10\n"              \
  "bne.w 1b\n"                 \
  "3:\n"                       \
  "ldr r9, " ROW_ODD "\n"      \
  "cmp r9, #0\n"               \
  "beq 5f\n"                   \
  "movs r9, #0\n"              \
  "str r9, " ROW_ODD "\n"      \
  "str r9, " ROW_OUT_C "\n"    \
  "b.w 1b\n"                   \
  "5:\n"                       \
  "pop {r4-r11, pc}\n"

/* thimble_requantise of both sums up to the right shift, without the nudge of ties and with it. */
#define SCALE_RELU           \
  "ldm lr, {r9-r12}\n"       \
  "lsl r7, r7, r11\n"        \
  "lsl r8, r8, r11\n"        \
  "smmlar r7, r7, r9, r10\n" \
  "smmlar r8, r8, r9, r10\n"

#define SCALE_ANY                \
  "ldr r9, " ROW_MULTIPLIER "\n" \
  "ldr r10, " ROW_ADDEND "\n"    \
  "ldr r11, " ROW_NUDGE "\n"     \
  "lsr r12, r7, r11\n"           \
  "lsr r11, r8, r11\n"           \
  "sub r12, r10, r12\n"          \
  "sub r10, r10, r11\n"          \
  "ldr r11, " ROW_LEFT "\n"      \
  "lsl r7, r7, r11\n"            \
  "lsl r8, r8, r11\n"            \
  "smmlar r7, r7, r9, r12\n"     \
  "smmlar r8, r8, r9, r10\n"     \
  "ldr r12, " ROW_RIGHT "\n"

#define SCALE               \
  "ldr r12, " ROW_RELU "\n" \
  "cmp r12, #0\n"           \
  "beq 2f\n"                \
  SCALE_RELU                \
  "b 4f\n"                  \
  "2:\n"                    \
  SCALE_ANY                 \
  "4:\n"

#define LOAD(to, at) "ldr " to ", [r5, #" at "]\n"
#define DOT(sum, x, tap) "smlad " sum ", " x ", " tap ", " sum "\n"

/* 3x3: columns are 32 bytes apart, the second plane 16 bytes on. */
#define ROW_OF_3(name, x3, x4, second0, second1, second2, q0, q1, q2, q3, scale, advance)          \
  __attribute__((naked)) void name(thimble_depthwise_row* row) {                                   \
    (void)row;                                                                                     \
    __asm__(                                                                                       \
        "push {r4-r11, lr}\n"                                                                      \
        "mov lr, r0\n"                                                                             \
        "ldr r5, " ROW_TAPS "\n"                                                                   \
        "ldr r6, " ROW_OUTPUT "\n"                                                                 \
        "ldr r9, " ROW_END "\n"                                                                    \
        "ldm r5, {r0-r4}\n"                                                                        \
        "ldr r5, " ROW_X "\n"                                                                      \
        "cmp r6, r9\n"                                                                             \
        "beq 3f\n"                                                                                 \
        "1:\n"                                                                                     \
        "ldr r7, " ROW_BIAS "\n"                                                                   \
        LOAD("r9", "0") LOAD("r10", "32") LOAD("r11", "64") LOAD("r12", x3)                        \
        "mov r8, r7\n"                                                                             \
        DOT("r7", "r9", "r0") DOT("r7", "r10", "r1") DOT("r7", "r11", "r2")                        \
        x4                                                                                         \
        DOT("r8", second0, "r0") DOT("r8", second1, "r1") DOT("r8", second2, "r2")                 \
        LOAD("r9", q0) LOAD("r10", q1) LOAD("r11", q2) LOAD("r12", q3)                             \
        DOT("r7", "r9", "r3") DOT("r8", "r10", "r3") DOT("r7", "r11", "r4") DOT("r8", "r12", "r4") \
        scale STORE(advance));                                                                     \
  }

/* Larger windows. Two tap pairs of a plane whose first output has its column `a` loaded already (stride 2: `a` and
 * `b`); 9 cycles for 8 products. The next chunk goes on with `c` (stride 2: `c` and `d`). */
#define TAPS_TWO        \
  "ldr r11, [r4], #4\n" \
  "ldr r12, [r4], #4\n"
#define CHUNK_1(a, b, c, at_b, at_c) \
  LOAD(b, at_b)                      \
  LOAD(c, at_c)                      \
  TAPS_TWO                           \
  DOT("r7", a, "r11")                \
  DOT("r8", b, "r11")                \
  DOT("r7", b, "r12")                \
  DOT("r8", c, "r12")
#define CHUNK_2(a, b, c, d, at_c, at_d) \
  LOAD(c, at_c)                         \
  LOAD(d, at_d)                         \
  TAPS_TWO                              \
  DOT("r7", a, "r11")                   \
  DOT("r8", c, "r11")                   \
  DOT("r7", b, "r12")                   \
  DOT("r8", d, "r12")
/* One tap pair: both outputs' columns, `a` loaded already. */
#define LAST(a, b, at_b) LOAD(b, at_b) "ldr r11, [r4], #4\n" DOT("r7", a, "r11") DOT("r8", b, "r11")
#define SINGLE(a, b, at_a, at_b) LOAD(a, at_a) LAST(a, b, at_b)

#define BEGIN_SUMS         \
  "ldr r7, " ROW_BIAS "\n" \
  "ldr r4, " ROW_TAPS "\n" \
  "mov r8, r7\n"

/* 5x5: columns 48 bytes apart. `p`: the plane's offset. */
#define PLANE_5_1(p)                            \
  LOAD("r0", p)                                 \
  CHUNK_1("r0", "r1", "r2", p "+48", p "+96")   \
  CHUNK_1("r2", "r1", "r0", p "+144", p "+192") \
  LAST("r0", "r1", p "+240")
#define PLANE_5_2(p)                                  \
  LOAD("r0", p)                                       \
  LOAD("r1", p "+48")                                 \
  CHUNK_2("r0", "r1", "r2", "r3", p "+96", p "+144")  \
  CHUNK_2("r2", "r3", "r0", "r1", p "+192", p "+240") \
  LAST("r0", "r2", p "+288")
#define LAST_ROW_5_1(p)                  \
  SINGLE("r0", "r1", p, p "+48")         \
  SINGLE("r0", "r1", p "+96", p "+144")  \
  SINGLE("r0", "r1", p "+192", p "+240")
#define LAST_ROW_5_2(p) LOAD("r0", p) CHUNK_1("r0", "r1", "r2", p "+96", p "+192") LAST("r2", "r1", p "+288")

/* 7x7: columns 64 bytes apart. */
#define PLANE_7_1(p)                            \
  LOAD("r0", p)                                 \
  CHUNK_1("r0", "r1", "r2", p "+64", p "+128")  \
  CHUNK_1("r2", "r1", "r0", p "+192", p "+256") \
  CHUNK_1("r0", "r1", "r2", p "+320", p "+384") \
  LAST("r2", "r1", p "+448")
#define PLANE_7_2(p)                                  \
  LOAD("r0", p)                                       \
  LOAD("r1", p "+64")                                 \
  CHUNK_2("r0", "r1", "r2", "r3", p "+128", p "+192") \
  CHUNK_2("r2", "r3", "r0", "r1", p "+256", p "+320") \
  CHUNK_2("r0", "r1", "r2", "r3", p "+384", p "+448") \
  LAST("r2", "r0", p "+512")
#define LAST_ROW_7_1(p)                  \
  SINGLE("r0", "r1", p, p "+64")         \
  SINGLE("r0", "r1", p "+128", p "+192") \
  SINGLE("r0", "r1", p "+256", p "+320") \
  SINGLE("r0", "r1", p "+384", p "+448")
#define LAST_ROW_7_2(p)                         \
  LOAD("r0", p)                                 \
  CHUNK_1("r0", "r1", "r2", p "+128", p "+256") \
  CHUNK_1("r2", "r1", "r0", p "+384", p "+512")

#define ROW_OF(name, planes, advance)                            \
  __attribute__((naked)) void name(thimble_depthwise_row* row) { \
    (void)row;                                                   \
    __asm__(BEGIN BEGIN_SUMS planes SCALE STORE(advance));       \
  }

#define STRIDE_1 "96", "", "r10", "r11", "r12", "16", "48", "80", "112"
#define STRIDE_2 "96", LOAD("r10", "128"), "r11", "r12", "r10", "16", "80", "80", "144"
#define ROW_OF_3_AT(name, stride, scale, advance) ROW_OF_3(name, stride, scale, advance)

ROW_OF_3_AT(thimble_depthwise_3x3_stride_1, STRIDE_1, SCALE_ANY, "64")
ROW_OF_3_AT(thimble_depthwise_3x3_stride_2, STRIDE_2, SCALE_ANY, "128")
ROW_OF_3_AT(thimble_depthwise_3x3_stride_1_relu, STRIDE_1, SCALE_RELU, "64")
ROW_OF_3_AT(thimble_depthwise_3x3_stride_2_relu, STRIDE_2, SCALE_RELU, "128")
ROW_OF(thimble_depthwise_5x5_stride_1, PLANE_5_1("0") PLANE_5_1("16") LAST_ROW_5_1("32"), "96")
ROW_OF(thimble_depthwise_5x5_stride_2, PLANE_5_2("0") PLANE_5_2("16") LAST_ROW_5_2("32"), "192")
ROW_OF(thimble_depthwise_7x7_stride_1, PLANE_7_1("0") PLANE_7_1("16") PLANE_7_1("32") LAST_ROW_7_1("48"), "128")
ROW_OF(thimble_depthwise_7x7_stride_2, PLANE_7_2("0") PLANE_7_2("16") PLANE_7_2("32") LAST_ROW_7_2("48"), "256")

#else
typedef int thimble_depthwise_dsp_is_empty; /* ISO C wants a declaration */
#endif
