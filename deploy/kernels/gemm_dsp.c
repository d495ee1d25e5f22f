/* The GEMM kernels for Armv7E-M. Hand-written, since eight sums, inputs and pointers take every register there is.
 * Cycles below are those of the Cortex-M4 manual without wait states. What has no register is parked: in the
 * floating-point unit's where there is one, which costs one cycle, else on the stack. */
#include "gemm.h"

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

#define STRING(x) #x
#define S(x) STRING(x)

#if defined(__ARM_FP)
#define PUT(slot, r) "vmov s" S(slot) ", " r "\n"
#define GET(r, slot) "vmov " r ", s" S(slot) "\n"
#else
#define PUT(slot, r) "str " r ", [sp, #4*" S(slot) "]\n"
#define GET(r, slot) "ldr " r ", [sp, #4*" S(slot) "]\n"
#endif

#define ENTRY 0   /* where the loop over steps begins: in the middle, for the steps above a multiple of 16 */
#define COLUMN 1
#define END 2     /* of the column, or of its first segment */
#define OUT 3     /* of the block */
#define OUT1 4    /* and of the second pixel; one pixel: bytes to the second block's */
#define WEND 5    /* end of the weights */
#define EPILOGUE 6
#define WEIGHTS 7
#define DISTANCE 8
#define REST 9    /* inputs of a segment after its fours; one pixel: the mode */
#define PAIR_OUT 10
#define ROWS 11
#define HEIGHT 12
#define OFFSET 13
#define NEXT 14   /* bytes from a pixel's window to the next one's; one pixel: bytes of a block */
#define FOURS 15  /* bytes of a segment that come in fours; one pixel: parks a result */
#define AT_HIGH 64 /* wide: the sums of channels 1 and 3 of both pixels */
#define AT_COLUMN_END 80
#define AT_FIRST_END 84
#define AT_ZERO2 88
#define AT_PAIRS 92
#define AT_ZERO 96  /* the input's zero point, twice */
#define AT_TAIL 100 /* of the column, where the rests of all segments go */
#define FRAME 104

/* Sets r11 = end of the weights, r1 weights, r3 steps, r6 blocks; the entry for steps of `size` bytes of code. */
#define SET_UP(size)            \
  "lsl r11, r3, #3\n"           \
  "add r11, r11, #64\n"         \
  PUT(NEXT, "r11")              \
  "mla r11, r11, r6, r1\n"      \
  PUT(WEND, "r11")              \
  "rsb r11, r3, #0\n"           \
  "and r11, r11, #15\n"         \
  "movs r12, #" S(size) "\n"    \
  "adr lr, 20f\n"               \
  "mla r11, r11, r12, lr\n"     \
  "orr r11, r11, #1\n"          \
  PUT(ENTRY, "r11")             \
  PUT(COLUMN, "r2")

/* r0, r1: raw sums of the first pixel, r2, r3: of channels 0, 2; r4-r7 the second pixel's. 15 cycles, 16 products. */
#define STEP_TWO             \
  "ldr r8, [lr], #4\n"       \
  "ldr r9, [lr], #4\n"       \
  "ldr r10, [r12], #4\n"     \
  "ldr r11, [r12], #4\n"     \
  "smlad r0, r8, r10, r0\n"  \
  "smlad r1, r8, r11, r1\n"  \
  "smlad r4, r9, r10, r4\n"  \
  "smlad r5, r9, r11, r5\n"  \
  "sxtb16 r10, r10\n"        \
  "sxtb16 r11, r11\n"        \
  "smlad r2, r8, r10, r2\n"  \
  "smlad r3, r8, r11, r3\n"  \
  "smlad r6, r9, r10, r6\n"  \
  "smlad r7, r9, r11, r7\n"

/* Takes channel 1 or 3 out of its raw sum and adds it to its int32. */
#define FOLD(raw, low, at)                  \
  "sub " raw ", " raw ", " low "\n"         \
  "ldr r8, [sp, #" S(at) "]\n"              \
  "add r8, r8, " raw ", asr #8\n"           \
  "str r8, [sp, #" S(at) "]\n"              \
  "mov " raw ", " low "\n"

#define WIDE_RESULT(sum, at)       \
  "mov r8, " sum "\n"              \
  "add r9, r12, #" S(at) "\n"      \
  "bl 70f\n"                       \
  "mov " sum ", r8\n"

__attribute__((naked)) void thimble_gemm_two(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, #" S(FRAME) "\n"
      "ldm r0!, {r1-r9}\n"
      "str r8, [sp, #" S(AT_PAIRS) "]\n"
      "str r9, [sp, #" S(AT_ZERO2) "]\n"
      SET_UP(56)
      PUT(WEIGHTS, "r1")
      PUT(PAIR_OUT, "r4")
      PUT(DISTANCE, "r5")
      "ldm r0, {r1, r4-r6, r8-r11}\n"
      PUT(ROWS, "r1")
      PUT(HEIGHT, "r4")
      PUT(OFFSET, "r5")
      PUT(NEXT, "r6")
      PUT(FOURS, "r8")
      PUT(REST, "r9")
      "str r10, [sp, #" S(AT_ZERO) "]\n"
      "str r11, [sp, #" S(AT_TAIL) "]\n"
      "add r11, r2, r3, lsl #3\n"
      "adr r12, 35f\n"
      "cmp r7, #1\n"
      "blt 1f\n"
      "adr r12, 40f\n"
      "beq 1f\n"
      "adr r12, 50f\n"
      "str r11, [sp, #" S(AT_COLUMN_END) "]\n"
      "subs r7, r3, #1\n"
      "lsrs r7, r7, #8\n"
      "sub r11, r11, r7, lsl #11\n"
      "str r11, [sp, #" S(AT_FIRST_END) "]\n"
      "movs r7, #0\n"
      "str r7, [sp, #" S(AT_HIGH) "]\n"
      "str r7, [sp, #" S(AT_HIGH) "+4]\n"
      "str r7, [sp, #" S(AT_HIGH) "+8]\n"
      "str r7, [sp, #" S(AT_HIGH) "+12]\n"
      "1:\n"
      PUT(END, "r11")
      "orr r12, r12, #1\n"
      PUT(EPILOGUE, "r12")

      /* The columns of two pixels; r0, r1 segments, r2 columns, r12 rows, lr rows left. 25 cycles for 8 inputs of both. */
      "2:\n"
      GET("r12", ROWS)
      "cmp r12, #0\n"
      "beq.w 27f\n"
      GET("lr", HEIGHT)
      GET("r2", COLUMN)
      GET("r9", NEXT)
      "ldr r10, [sp, #" S(AT_TAIL) "]\n"
      "21:\n"
      "ldr r0, [r12], #4\n"
      GET("r1", OFFSET)
      GET("r11", FOURS)
      "cmp r0, #0\n"
      "beq.w 26f\n"
      "add r0, r0, r1\n"
      "add r1, r0, r9\n"
      "lsls r3, r11, #30\n"
      "add.w r11, r11, r0\n"
      "bcc 22f\n"
      "ldr r3, [r0], #4\n"
      "ldr r5, [r1], #4\n"
      "sxtb16 r7, r3\n"
      "sxtb16 r8, r5\n"
      "sxtb16 r3, r3, ror #8\n"
      "sxtb16 r5, r5, ror #8\n"
      "str r7, [r2], #4\n"
      "str r8, [r2], #4\n"
      "str r3, [r2], #4\n"
      "str r5, [r2], #4\n"
      "22:\n"
      "cmp r0, r11\n"
      "beq 24f\n"
      "23:\n"
      "ldr r3, [r0], #4\n"
      "ldr r4, [r0], #4\n"
      "ldr r5, [r1], #4\n"
      "ldr r6, [r1], #4\n"
      "sxtb16 r7, r3\n"
      "sxtb16 r8, r5\n"
      "sxtb16 r3, r3, ror #8\n"
      "sxtb16 r5, r5, ror #8\n"
      "str r7, [r2], #4\n"
      "str r8, [r2], #4\n"
      "str r3, [r2], #4\n"
      "str r5, [r2], #4\n"
      "sxtb16 r7, r4\n"
      "sxtb16 r8, r6\n"
      "sxtb16 r4, r4, ror #8\n"
      "sxtb16 r6, r6, ror #8\n"
      "str r7, [r2], #4\n"
      "str r8, [r2], #4\n"
      "str r4, [r2], #4\n"
      "str r6, [r2], #4\n"
      "cmp r0, r11\n"
      "bne 23b\n"
      "24:\n"  /* the rest of a segment, as halfwords: 2 bytes on, then 6 */
      GET("r5", REST)
      "cmp r5, #0\n"
      "beq 25f\n"
      "28:\n"
      "ldrsb r3, [r0], #1\n"
      "ldrsb r4, [r1], #1\n"
      "strh r3, [r10]\n"
      "strh r4, [r10, #4]\n"
      "lsls r3, r10, #31\n"
      "ite cs\n"
      "addcs r10, r10, #6\n"
      "addcc r10, r10, #2\n"
      "subs r5, r5, #1\n"
      "bne 28b\n"
      "25:\n"
      "subs lr, lr, #1\n"
      "bne 21b\n"
      GET("r0", OFFSET)
      "add r0, r0, r9, lsl #1\n"
      PUT(OFFSET, "r0")
      "b.w 5f\n"
      "26:\n"  /* a row of padding */
      "ldr r3, [sp, #" S(AT_ZERO) "]\n"
      "mov r4, r3\n"
      "b 30f\n"
      "29:\n"
      "strd r3, r4, [r2], #8\n"
      "strd r3, r4, [r2], #8\n"
      "30:\n"
      "subs r11, r11, #4\n"
      "bge 29b\n"
      GET("r5", REST)
      "b 32f\n"
      "31:\n"
      "strh r4, [r10]\n"
      "strh r4, [r10, #4]\n"
      "lsls r3, r10, #31\n"
      "ite cs\n"
      "addcs r10, r10, #6\n"
      "addcc r10, r10, #2\n"
      "32:\n"
      "subs r5, r5, #1\n"
      "bge 31b\n"
      "b 25b\n"
      "27:\n"  /* columns that are ready */
      GET("r0", COLUMN)
      GET("r1", END)
      GET("r2", OFFSET)
      GET("r3", PAIR_OUT)
      GET("r4", NEXT)
      "add r0, r0, r2\n"
      "add r1, r1, r2\n"
      "add r3, r3, r4\n"
      PUT(COLUMN, "r0")
      PUT(END, "r1")
      PUT(PAIR_OUT, "r3")
      "5:\n"
      GET("r0", PAIR_OUT)
      GET("r1", DISTANCE)
      PUT(OUT, "r0")
      "add r1, r1, r0\n"
      PUT(OUT1, "r1")
      GET("r12", WEIGHTS)

      "10:\n"  /* a block */
      "ldm r12!, {r0-r3}\n"
      "mov r4, r0\n"
      "mov r5, r1\n"
      "mov r6, r2\n"
      "mov r7, r3\n"
      GET("r8", ENTRY)
      GET("lr", COLUMN)
      "bx r8\n"
      ".balign 4\n"
      "20:\n"
      ".rept 16\n"
      STEP_TWO
      ".endr\n"
      GET("r8", END)
      "cmp lr, r8\n"
      "bne.w 20b\n"
      GET("r8", EPILOGUE)
      "bx r8\n"

      ".balign 4\n"
      "35:\n"  /* relu; r8, r9 multipliers, r10, r11 addends */
      "ldm r12!, {r8-r11}\n"
      "sub r0, r0, r2\n"
      "sub r1, r1, r3\n"
      "sub r4, r4, r6\n"
      "sub r5, r5, r7\n"
      "lsls r2, r2, #1\n"
      "lsls r3, r3, #1\n"
      "lsls r6, r6, #1\n"
      "lsls r7, r7, #1\n"
      "smmlar r2, r2, r8, r10\n"
      "smmlar r3, r3, r9, r11\n"
      "smmlar r6, r6, r8, r10\n"
      "smmlar r7, r7, r9, r11\n"
      "ldm r12!, {r8, r9}\n"
      "asr r2, r2, r8\n"
      "asr r3, r3, r9\n"
      "asr r6, r6, r8\n"
      "asr r7, r7, r9\n"
      "ldm r12!, {r8-r11}\n"
      "smmla r0, r0, r8, r10\n"
      "smmla r1, r1, r9, r11\n"
      "smmla r4, r4, r8, r10\n"
      "smmla r5, r5, r9, r11\n"

      "60:\n"  /* shifts of channels 1, 3; stores */
      "ldm r12!, {r8, r9}\n"
      "asr r0, r0, r8\n"
      "asr r1, r1, r9\n"
      "asr r4, r4, r8\n"
      "asr r5, r5, r9\n"
      "61:\n"
      GET("r8", OUT)
      GET("r9", OUT1)
      "ssat r2, #8, r2\n"
      "ssat r0, #8, r0\n"
      "ssat r3, #8, r3\n"
      "ssat r1, #8, r1\n"
      "strb r2, [r8]\n"
      "strb r0, [r8, #1]\n"
      "strb r3, [r8, #2]\n"
      "strb r1, [r8, #3]\n"
      "ssat r6, #8, r6\n"
      "ssat r4, #8, r4\n"
      "ssat r7, #8, r7\n"
      "ssat r5, #8, r5\n"
      "strb r6, [r9]\n"
      "strb r4, [r9, #1]\n"
      "strb r7, [r9, #2]\n"
      "strb r5, [r9, #3]\n"
      GET("r10", WEND)
      "adds r8, r8, #4\n"
      "adds r9, r9, #4\n"
      PUT(OUT, "r8")
      PUT(OUT1, "r9")
      "cmp r12, r10\n"
      "bne.w 10b\n"
      "ldr r0, [sp, #" S(AT_PAIRS) "]\n"
      GET("r1", PAIR_OUT)
      GET("r2", DISTANCE)
      "subs r0, r0, #1\n"
      "str r0, [sp, #" S(AT_PAIRS) "]\n"
      "add r1, r1, r2, lsl #1\n"
      PUT(PAIR_OUT, "r1")
      "bne.w 2b\n"
      "add sp, #" S(FRAME) "\n"
      "pop {r4-r11, pc}\n"

      ".balign 4\n"
      "40:\n"  /* any activation: ties below zero are nudged */
      "ldm r12!, {r8-r11}\n"
      "sub r0, r0, r2\n"
      "sub r1, r1, r3\n"
      "sub r4, r4, r6\n"
      "sub r5, r5, r7\n"
      "add lr, r10, r2, asr #31\n"
      "lsls r2, r2, #1\n"
      "smmlar r2, r2, r8, lr\n"
      "add lr, r11, r3, asr #31\n"
      "lsls r3, r3, #1\n"
      "smmlar r3, r3, r9, lr\n"
      "add lr, r10, r6, asr #31\n"
      "lsls r6, r6, #1\n"
      "smmlar r6, r6, r8, lr\n"
      "add lr, r11, r7, asr #31\n"
      "lsls r7, r7, #1\n"
      "smmlar r7, r7, r9, lr\n"
      "ldm r12!, {r8, r9}\n"
      "asr r2, r2, r8\n"
      "asr r3, r3, r9\n"
      "asr r6, r6, r8\n"
      "asr r7, r7, r9\n"
      "ldm r12!, {r8-r11}\n"
      "lsr lr, r0, #31\n"
      "sub lr, r10, lr, lsl #7\n"
      "smmla r0, r0, r8, lr\n"
      "lsr lr, r1, #31\n"
      "sub lr, r11, lr, lsl #7\n"
      "smmla r1, r1, r9, lr\n"
      "lsr lr, r4, #31\n"
      "sub lr, r10, lr, lsl #7\n"
      "smmla r4, r4, r8, lr\n"
      "lsr lr, r5, #31\n"
      "sub lr, r11, lr, lsl #7\n"
      "smmla r5, r5, r9, lr\n"
      "b.w 60b\n"

      ".balign 4\n"
      "50:\n"  /* wide: after every segment */
      FOLD("r0", "r2", AT_HIGH)
      FOLD("r1", "r3", AT_HIGH + 4)
      FOLD("r4", "r6", AT_HIGH + 8)
      FOLD("r5", "r7", AT_HIGH + 12)
      "ldr r8, [sp, #" S(AT_COLUMN_END) "]\n"
      "add r9, lr, #8*256\n"
      PUT(END, "r9")
      "cmp lr, r8\n"
      "bne.w 20b\n"
      "ldr r8, [sp, #" S(AT_FIRST_END) "]\n"
      PUT(END, "r8")
      "ldr r0, [sp, #" S(AT_HIGH) "]\n"
      "ldr r1, [sp, #" S(AT_HIGH) "+4]\n"
      "ldr r4, [sp, #" S(AT_HIGH) "+8]\n"
      "ldr r5, [sp, #" S(AT_HIGH) "+12]\n"
      "movs r8, #0\n"
      "str r8, [sp, #" S(AT_HIGH) "]\n"
      "str r8, [sp, #" S(AT_HIGH) "+4]\n"
      "str r8, [sp, #" S(AT_HIGH) "+8]\n"
      "str r8, [sp, #" S(AT_HIGH) "+12]\n"
      WIDE_RESULT("r2", 0)
      WIDE_RESULT("r3", 4)
      WIDE_RESULT("r6", 0)
      WIDE_RESULT("r7", 4)
      WIDE_RESULT("r0", 24)
      WIDE_RESULT("r1", 28)
      WIDE_RESULT("r4", 24)
      WIDE_RESULT("r5", 28)
      "add r12, r12, #48\n"
      "b.w 61b\n"

      "70:\n"  /* thimble_requantise of r8 plus the bias, constants at r9 */
      "ldr r10, [r9, #16]\n"
      "ldr r11, [r9, #8]\n"
      "ldr r9, [r9]\n"
      "add r8, r8, r11\n"
      "ror r10, r10, #16\n"
      "lsr r11, r8, r10\n"
      "rsb r11, r11, #0\n"
      "ror r10, r10, #24\n"
      "lsl r8, r8, r10\n"
      "ror r10, r10, #24\n"
      "smmlar r8, r8, r9, r11\n"
      "ldr r11, [sp, #" S(AT_ZERO2) "]\n"
      "lsl r11, r11, r10\n"
      "add r8, r8, r11, asr #1\n"
      "asr r8, r8, r10\n"
      "bx lr\n");
}

/* r0-r3: sums of one block as above, r4-r7: of the next one, whose weights r11 reads. 19 cycles, 16 products. */
#define STEP_ONE             \
  "ldr r8, [lr], #4\n"       \
  "ldr r9, [r12], #4\n"      \
  "ldr r10, [r12], #4\n"     \
  "smlad r0, r8, r9, r0\n"   \
  "smlad r1, r8, r10, r1\n"  \
  "sxtb16 r9, r9\n"          \
  "sxtb16 r10, r10\n"        \
  "smlad r2, r8, r9, r2\n"   \
  "smlad r3, r8, r10, r3\n"  \
  "ldr r9, [r11], #4\n"      \
  "ldr r10, [r11], #4\n"     \
  "smlad r4, r8, r9, r4\n"   \
  "smlad r5, r8, r10, r5\n"  \
  "sxtb16 r9, r9\n"          \
  "sxtb16 r10, r10\n"        \
  "smlad r6, r8, r9, r6\n"   \
  "smlad r7, r8, r10, r7\n"

#define FINISH_EVEN(ptr, c, d, nudge_c, nudge_d) \
  "ldm " ptr "!, {r8, r9, r10, lr}\n"            \
  nudge_c                                        \
  nudge_d                                        \
  "lsl " c ", " c ", #1\n"                       \
  "lsl " d ", " d ", #1\n"                       \
  "smmlar " c ", " c ", r8, r10\n"               \
  "smmlar " d ", " d ", r9, lr\n"                \
  "ldm " ptr "!, {r8, r9}\n"                     \
  "asr " c ", " c ", r8\n"                       \
  "asr " d ", " d ", r9\n"

#define FINISH_ODD(ptr, a, b, c, d, nudge_a, nudge_b) \
  "ldm " ptr "!, {r8, r9, r10, lr}\n"            \
  "ssat " c ", #8, " c "\n"                      \
  "ssat " d ", #8, " d "\n"                      \
  nudge_a                                        \
  nudge_b                                        \
  "smmla " a ", " a ", r8, r10\n"                \
  "smmla " b ", " b ", r9, lr\n"                 \
  "ldm " ptr "!, {r8, r9}\n"                     \
  GET("lr", OUT)                                 \
  "asr " a ", " a ", r8\n"                       \
  "asr " b ", " b ", r9\n"                       \
  "ssat " a ", #8, " a "\n"                      \
  "ssat " b ", #8, " b "\n"                      \
  "strb " c ", [lr]\n"                           \
  "strb " a ", [lr, #1]\n"                       \
  "strb " d ", [lr, #2]\n"                       \
  "strb " b ", [lr, #3]\n"

#define RELU_BLOCK(ptr, a, b, c, d) \
  "sub " a ", " a ", " c "\n"                \
  "sub " b ", " b ", " d "\n"                \
  FINISH_EVEN(ptr, c, d, "", "")             \
  FINISH_ODD(ptr, a, b, c, d, "", "")

/* The nudge of an odd channel is 128, of which the sign is made in the register of a sum that is done. */
#define ANY_BLOCK(ptr, a, b, c, d)                                             \
  "sub " a ", " a ", " c "\n"                                                           \
  "sub " b ", " b ", " d "\n"                                                           \
  FINISH_EVEN(ptr, c, d, "add r10, r10, " c ", asr #31\n", "add lr, lr, " d ", asr #31\n") \
  PUT(FOURS, c)                                                                         \
  "ssat " d ", #8, " d "\n"                                                             \
  "ldm " ptr "!, {r8, r9, r10, lr}\n"                                                   \
  "lsr " c ", " a ", #31\n"                                                             \
  "sub r10, r10, " c ", lsl #7\n"                                                       \
  "lsr " c ", " b ", #31\n"                                                             \
  "sub lr, lr, " c ", lsl #7\n"                                                         \
  "smmla " a ", " a ", r8, r10\n"                                                       \
  "smmla " b ", " b ", r9, lr\n"                                                        \
  "ldm " ptr "!, {r8, r9}\n"                                                            \
  GET("lr", OUT)                                                                        \
  GET(c, FOURS)                                                                         \
  "asr " a ", " a ", r8\n"                                                              \
  "asr " b ", " b ", r9\n"                                                              \
  "ssat " c ", #8, " c "\n"                                                             \
  "ssat " a ", #8, " a "\n"                                                             \
  "ssat " b ", #8, " b "\n"                                                             \
  "strb " c ", [lr]\n"                                                                  \
  "strb " a ", [lr, #1]\n"                                                              \
  "strb " d ", [lr, #2]\n"                                                              \
  "strb " b ", [lr, #3]\n"

__attribute__((naked)) void thimble_gemm_one(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, #" S(FRAME) "\n"
      "ldm r0, {r1-r7}\n"
      SET_UP(68)
      PUT(REST, "r7")
      "add r11, r2, r3, lsl #2\n"
      PUT(END, "r11")
      PUT(OUT, "r4")
      "movs r11, #4\n"
      PUT(OUT1, "r11")
      "mov r11, r1\n"
      "b.w 3f\n"

      "2:\n"
      "ldm r12!, {r0-r3}\n"
      "ldm r11!, {r4-r7}\n"
      GET("r8", ENTRY)
      GET("lr", COLUMN)
      "bx r8\n"
      ".balign 4\n"
      "20:\n"
      ".rept 16\n"
      STEP_ONE
      ".endr\n"
      GET("r8", END)
      "cmp lr, r8\n"
      "bne.w 20b\n"
      GET("r8", REST)
      "cmp r8, #0\n"
      "bne.w 4f\n"
      RELU_BLOCK("r12", "r0", "r1", "r2", "r3")
      "sub r4, r4, r6\n"  /* as RELU_BLOCK, with the registers of the first block */
      "sub r5, r5, r7\n"
      "ldm r11!, {r0-r3, r8, r9}\n"
      "lsls r6, r6, #1\n"
      "lsls r7, r7, #1\n"
      "smmlar r6, r6, r0, r2\n"
      "smmlar r7, r7, r1, r3\n"
      "asr r6, r6, r8\n"
      "asr r7, r7, r9\n"
      "ldm r11!, {r0-r3, r8, r9}\n"
      "6:\n"
      GET("r10", OUT1)
      "smmla r4, r4, r0, r2\n"
      "smmla r5, r5, r1, r3\n"
      "add lr, lr, r10\n"
      "asr r4, r4, r8\n"
      "asr r5, r5, r9\n"
      "ssat r6, #8, r6\n"
      "ssat r4, #8, r4\n"
      "ssat r7, #8, r7\n"
      "ssat r5, #8, r5\n"
      "strb r6, [lr]\n"
      "strb r4, [lr, #1]\n"
      "strb r7, [lr, #2]\n"
      "strb r5, [lr, #3]\n"
      "5:\n"
      "adds lr, lr, #4\n"
      PUT(OUT, "lr")
      "3:\n"  /* two blocks more, or twice the last one */
      GET("r8", WEND)
      GET("r9", NEXT)
      "mov r12, r11\n"
      "add r11, r11, r9\n"
      "cmp r11, r8\n"
      "blo.w 2b\n"
      "bhi.w 9f\n"
      "mov r11, r12\n"
      "movs r9, #0\n"
      PUT(OUT1, "r9")
      "b.w 2b\n"
      "4:\n"
      ANY_BLOCK("r12", "r0", "r1", "r2", "r3")
      "sub r4, r4, r6\n"
      "sub r5, r5, r7\n"
      "ldm r11!, {r0-r3, r8, r9}\n"
      "add r2, r2, r6, asr #31\n"
      "add r3, r3, r7, asr #31\n"
      "lsls r6, r6, #1\n"
      "lsls r7, r7, #1\n"
      "smmlar r6, r6, r0, r2\n"
      "smmlar r7, r7, r1, r3\n"
      "asr r6, r6, r8\n"
      "asr r7, r7, r9\n"
      "ldm r11!, {r0-r3, r8, r9}\n"
      "lsr r10, r4, #31\n"
      "sub r2, r2, r10, lsl #7\n"
      "lsr r10, r5, #31\n"
      "sub r3, r3, r10, lsl #7\n"
      "b.w 6b\n"
      "9:\n"
      "add sp, #" S(FRAME) "\n"
      "pop {r4-r11, pc}\n");
}

#else
typedef int thimble_gemm_dsp_is_empty; /* ISO C wants a declaration */
#endif
