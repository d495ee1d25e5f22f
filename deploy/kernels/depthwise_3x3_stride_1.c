/* Depthwise 3x3, stride 1, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

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

#else
typedef int thimble_depthwise_3x3_stride_1_is_empty; /* ISO C wants a declaration */
#endif
