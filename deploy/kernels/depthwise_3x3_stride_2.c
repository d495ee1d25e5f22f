/* Depthwise 3x3, stride 2, in assembly. */
#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

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

#else
typedef int thimble_depthwise_3x3_stride_2_is_empty; /* ISO C wants a declaration */
#endif
