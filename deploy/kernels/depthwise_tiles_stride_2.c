/* Depthwise 5x5 and 7x7, stride 2, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

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

#else
typedef int thimble_depthwise_tiles_stride_2_is_empty; /* ISO C wants a declaration */
#endif
