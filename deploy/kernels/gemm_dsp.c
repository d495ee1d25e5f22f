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
#define END 2     /* of the column; 4 bytes before it where any activation may come, which the end of the loop sees */
#define OUT 3     /* of the block */
#define OUT1 4    /* and of the second pixel; one pixel: bytes to the second block's */
#define WEND 5    /* end of the weights */
#define MODE 6    /* one pixel */
#define DOUBLINGS 6
#define WEIGHTS 7
#define DISTANCE 8
#define REST 9    /* inputs of a segment after its fours */
#define PAIR_OUT 10
#define ROWS 11
#define HEIGHT 12
#define OFFSET 13
#define NEXT 14   /* bytes from a pixel's window to the next one's; one pixel: bytes of a block */
#define FOURS 15  /* bytes of a segment that come in fours */
#define AT_ZERO2 64
#define AT_PAIRS 68
#define AT_ZERO 72  /* the input's zero point, twice */
#define AT_TAIL 76  /* of the column, where the rests of all segments go */
#define AT_CONSTANTS 80 /* wide: bytes of a block's */
#define FRAME 88

/* r1 weights, r2 column, r3 steps, r6 blocks, r7 mode; the entry for steps of `size` bytes of code, all but `first`. */
#define SET_UP(size, first)     \
  "lsl r11, r3, #3\n"           \
  "adds r11, r11, #48\n"        \
  "tst r7, #1\n"                \
  "it ne\n"                     \
  "addne r11, r11, #16\n"       \
  PUT(NEXT, "r11")              \
  "mla r11, r11, r6, r1\n"      \
  PUT(WEND, "r11")              \
  "rsb r11, r3, #" S(first) "\n" \
  "cmp r3, #" S(first) "\n"     \
  "and r11, r11, #15\n"         \
  "it eq\n"                     \
  "moveq r11, #16\n"            \
  "movs r12, #" S(size) "\n"    \
  "adr lr, 20f\n"               \
  "mla r11, r11, r12, lr\n"     \
  "orr r11, r11, #1\n"          \
  PUT(ENTRY, "r11")             \
  PUT(COLUMN, "r2")

/* r0, r1: raw sums of the first pixel, r2, r3: of channels 0, 2; r4-r7 the second pixel's. 15 cycles, 16 products. */
#define STEP_FROM(start)             \
  "ldr r8, [lr], #4\n"               \
  "ldr r9, [lr], #4\n"               \
  "ldr r10, [r12], #4\n"             \
  "ldr r11, [r12], #4\n"             \
  "smlad r4, r9, r10, " start(r4, r0) \
  "smlad r5, r9, r11, " start(r5, r1) \
  "smlad r0, r8, r10, r0\n"          \
  "smlad r1, r8, r11, r1\n"          \
  "sxtb16 r10, r10\n"                \
  "sxtb16 r11, r11\n"                \
  "smlad r6, r9, r10, " start(r6, r2) \
  "smlad r7, r9, r11, " start(r7, r3) \
  "smlad r2, r8, r10, r2\n"          \
  "smlad r3, r8, r11, r3\n"
#define ITSELF(r, first) #r "\n"
#define FIRST(r, first) #first "\n"

/* What the sums of a block become; the raw sum of an odd channel less that of the even one is 256 times its own. */
#define SCALE(r, multiplier, addend) "smmla " r ", " r ", " multiplier ", " addend "\n"
#define CHOOSE(r, multiplier, addend, below)               \
  "ite mi\n"                                               \
  "smmlami " r ", " r ", " multiplier ", " below "\n"      \
  "smmlapl " r ", " r ", " multiplier ", " addend "\n"
#define SCALE_ODD_ANY(r, even, multiplier, addend, below) \
  "subs " r ", " r ", " even "\n"                         \
  CHOOSE(r, multiplier, addend, below)
#define SCALE_EVEN_ANY(r, multiplier, addend, below) \
  "lsls " r ", " r ", #8\n"                          \
  CHOOSE(r, multiplier, addend, below)
#define SATURATE(r, shift) "ssat " r ", #8, " r ", asr #" S(shift) "\n"

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
      SET_UP(56, 1)
      PUT(WEIGHTS, "r1")
      PUT(PAIR_OUT, "r4")
      PUT(DISTANCE, "r5")
      "ldm r0!, {r1, r4-r6, r8-r11}\n"
      "ldr r0, [r0]\n"
      PUT(DOUBLINGS, "r0")
      PUT(ROWS, "r1")
      PUT(HEIGHT, "r4")
      PUT(OFFSET, "r5")
      PUT(NEXT, "r6")
      PUT(FOURS, "r8")
      PUT(REST, "r9")
      "str r10, [sp, #" S(AT_ZERO) "]\n"
      "str r11, [sp, #" S(AT_TAIL) "]\n"
      "add r11, r2, r3, lsl #3\n"
      "cmp r7, #1\n"
      "it eq\n"
      "subeq r11, r11, #4\n"
      PUT(END, "r11")
      "ble 2f\n"
      "adr r11, 50f\n"
      "orr r11, r11, #1\n"
      PUT(ENTRY, "r11")
      "lsls r7, r7, #4\n"
      "str r7, [sp, #" S(AT_CONSTANTS) "]\n"

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
      GET("r3", DOUBLINGS)
      "add r0, r0, r9, lsl #1\n"
      PUT(OFFSET, "r0")
      "cmp r3, #0\n"
      "bne.w 33f\n"
      "5:\n"
      GET("r0", PAIR_OUT)
      GET("r1", DISTANCE)
      PUT(OUT, "r0")
      "add r1, r1, r0\n"
      PUT(OUT1, "r1")
      GET("r12", WEIGHTS)

      "b.w 10f\n"

      ".balign 4\n"
      "20:\n"
      ".rept 16\n"
      STEP_FROM(ITSELF)
      ".endr\n"
      GET("r8", END)
      "cmp lr, r8\n"
      "blo.w 20b\n"
      "bne.w 40f\n"
      "ldm r12!, {r8-r11}\n"  /* relu; r8, r9 multipliers, r10, r11 addends */
      "subs r0, r0, r2\n"
      "subs r1, r1, r3\n"
      "subs r4, r4, r6\n"
      "subs r5, r5, r7\n"
      SCALE("r0", "r8", "r10")
      SCALE("r1", "r9", "r11")
      SCALE("r4", "r8", "r10")
      SCALE("r5", "r9", "r11")
      "ldm r12!, {r8-r11}\n"
      SCALE("r2", "r8", "r10")
      SCALE("r3", "r9", "r11")
      SCALE("r6", "r8", "r10")
      SCALE("r7", "r9", "r11")
      SATURATE("r0", THIMBLE_GEMM_SHIFT_RELU)
      SATURATE("r1", THIMBLE_GEMM_SHIFT_RELU)
      SATURATE("r4", THIMBLE_GEMM_SHIFT_RELU)
      SATURATE("r5", THIMBLE_GEMM_SHIFT_RELU)
      SATURATE("r2", THIMBLE_GEMM_SHIFT_RELU_EVEN)
      SATURATE("r3", THIMBLE_GEMM_SHIFT_RELU_EVEN)
      SATURATE("r6", THIMBLE_GEMM_SHIFT_RELU_EVEN)
      SATURATE("r7", THIMBLE_GEMM_SHIFT_RELU_EVEN)

      "61:\n"
      GET("r8", OUT)
      GET("r9", OUT1)
      "strb r2, [r8], #1\n"
      "strb r0, [r8], #1\n"
      "strb r3, [r8], #1\n"
      "strb r1, [r8], #1\n"
      "strb r6, [r9], #1\n"
      "strb r4, [r9], #1\n"
      "strb r7, [r9], #1\n"
      "strb r5, [r9], #1\n"
      GET("r10", WEND)
      PUT(OUT, "r8")
      PUT(OUT1, "r9")
      "cmp r12, r10\n"
      "beq.w 12f\n"
      "10:\n"  /* a block */
      "ldm r12!, {r0-r3}\n"
      GET("lr", COLUMN)
      STEP_FROM(FIRST)
      GET("r8", ENTRY)
      "bx r8\n"
      "12:\n"
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
      "40:\n"  /* any activation: below zero, ties are nudged by an addend of their own */
      "ldm r12!, {r8-r11, lr}\n"
      SCALE_ODD_ANY("r0", "r2", "r8", "r10", "lr")
      SCALE_ODD_ANY("r4", "r6", "r8", "r10", "lr")
      "ldr r10, [r12], #4\n"
      SCALE_ODD_ANY("r1", "r3", "r9", "r11", "r10")
      SCALE_ODD_ANY("r5", "r7", "r9", "r11", "r10")
      "ldm r12!, {r8-r11, lr}\n"
      SCALE_EVEN_ANY("r2", "r8", "r10", "lr")
      SCALE_EVEN_ANY("r6", "r8", "r10", "lr")
      "ldr r10, [r12], #4\n"
      SCALE_EVEN_ANY("r3", "r9", "r11", "r10")
      SCALE_EVEN_ANY("r7", "r9", "r11", "r10")
      SATURATE("r0", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r1", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r2", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r3", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r4", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r5", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r6", THIMBLE_GEMM_SHIFT_ANY)
      SATURATE("r7", THIMBLE_GEMM_SHIFT_ANY)
      "b.w 61b\n"

      ".balign 4\n"
      "50:\n"  /* wide: 23 cycles a step */
      "sub r12, r12, #24\n"  /* the first step is taken back */
      GET("lr", COLUMN)
      "ldm r12!, {r0-r3}\n"
      "mov r4, r0\n"
      "mov r5, r1\n"
      "mov r6, r2\n"
      "mov r7, r3\n"
      "51:\n"
      "ldr r8, [lr], #4\n"
      "ldr r9, [lr], #4\n"
      "ldr r10, [r12], #4\n"
      "sxtb16 r11, r10, ror #8\n"
      "sxtb16 r10, r10\n"
      "smlad r0, r8, r11, r0\n"
      "smlad r4, r9, r11, r4\n"
      "smlad r2, r8, r10, r2\n"
      "smlad r6, r9, r10, r6\n"
      "ldr r10, [r12], #4\n"
      "sxtb16 r11, r10, ror #8\n"
      "sxtb16 r10, r10\n"
      "smlad r1, r8, r11, r1\n"
      "smlad r5, r9, r11, r5\n"
      "smlad r3, r8, r10, r3\n"
      "smlad r7, r9, r10, r7\n"
      GET("r10", END)
      "cmp lr, r10\n"
      "bne 51b\n"
      WIDE_RESULT("r0", 0)
      WIDE_RESULT("r1", 4)
      WIDE_RESULT("r4", 0)
      WIDE_RESULT("r5", 4)
      WIDE_RESULT("r2", 16)
      WIDE_RESULT("r3", 20)
      WIDE_RESULT("r6", 16)
      WIDE_RESULT("r7", 20)
      "ldr r8, [sp, #" S(AT_CONSTANTS) "]\n"
      "add r12, r12, r8\n"
      "b.w 61b\n"

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
      "b.w 25b\n"
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
      "b.w 5b\n"
      "33:\n"  /* all words of the columns, r3 times */
      GET("r0", COLUMN)
      GET("r1", END)
      "34:\n"
      "ldrd r4, r5, [r0]\n"
      "sadd16 r4, r4, r4\n"
      "sadd16 r5, r5, r5\n"
      "strd r4, r5, [r0], #8\n"
      "cmp r0, r1\n"
      "blo 34b\n"
      "subs r3, r3, #1\n"
      "bne 33b\n"
      "b.w 5b\n"

      "70:\n"  /* thimble_requantise of r8, constants at r9 */
      "ldr r10, [r9, #8]\n"
      "ldr r9, [r9]\n"
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
      "ssat r8, #8, r8\n"
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

/* A block's results to lr. */
#define RELU_BLOCK(ptr, a, b, c, d)         \
  "ldm " ptr "!, {r8, r9, r10, lr}\n"       \
  "subs " a ", " a ", " c "\n"              \
  "subs " b ", " b ", " d "\n"              \
  SCALE(a, "r8", "r10")                     \
  SCALE(b, "r9", "lr")                      \
  "ldm " ptr "!, {r8, r9, r10, lr}\n"       \
  SCALE(c, "r8", "r10")                     \
  SCALE(d, "r9", "lr")                      \
  SATURATE(a, THIMBLE_GEMM_SHIFT_RELU)      \
  SATURATE(b, THIMBLE_GEMM_SHIFT_RELU)      \
  SATURATE(c, THIMBLE_GEMM_SHIFT_RELU_EVEN)              \
  SATURATE(d, THIMBLE_GEMM_SHIFT_RELU_EVEN)
#define ANY_CONSTANTS(ptr, at, second, third) \
  "ldr r8, [" ptr ", #" S(at) "]\n"          \
  "ldr r9, [" ptr ", #" S(second) "]\n"      \
  "ldr r10, [" ptr ", #" S(third) "]\n"
#define ANY_BLOCK(ptr, a, b, c, d)           \
  ANY_CONSTANTS(ptr, 0, 8, 16)               \
  SCALE_ODD_ANY(a, c, "r8", "r9", "r10")     \
  ANY_CONSTANTS(ptr, 4, 12, 20)              \
  SCALE_ODD_ANY(b, d, "r8", "r9", "r10")     \
  ANY_CONSTANTS(ptr, 24, 32, 40)             \
  SCALE_EVEN_ANY(c, "r8", "r9", "r10")       \
  ANY_CONSTANTS(ptr, 28, 36, 44)             \
  SCALE_EVEN_ANY(d, "r8", "r9", "r10")       \
  "adds " ptr ", #48\n"                      \
  SATURATE(a, THIMBLE_GEMM_SHIFT_ANY)        \
  SATURATE(b, THIMBLE_GEMM_SHIFT_ANY)        \
  SATURATE(c, THIMBLE_GEMM_SHIFT_ANY)        \
  SATURATE(d, THIMBLE_GEMM_SHIFT_ANY)
#define STORE_BLOCK(a, b, c, d) \
  "strb " c ", [lr]\n"          \
  "strb " a ", [lr, #1]\n"      \
  "strb " d ", [lr, #2]\n"      \
  "strb " b ", [lr, #3]\n"

__attribute__((naked)) void thimble_gemm_one(const thimble_gemm* gemm) {
  (void)gemm;
  __asm__(
      "push {r4-r11, lr}\n"
      "sub sp, #" S(FRAME) "\n"
      "ldm r0, {r1-r7}\n"
      SET_UP(68, 0)
      PUT(MODE, "r7")
      "add r11, r2, r3, lsl #2\n"
      PUT(END, "r11")
      PUT(OUT, "r4")
      "movs r11, #4\n"
      PUT(OUT1, "r11")
      "mov r11, r1\n"
      "mov r12, r1\n"
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
      GET("r8", MODE)
      "cmp r8, #0\n"
      "bne.w 4f\n"
      RELU_BLOCK("r12", "r0", "r1", "r2", "r3")
      RELU_BLOCK("r11", "r4", "r5", "r6", "r7")
      "5:\n"
      GET("lr", OUT)
      GET("r10", OUT1)
      STORE_BLOCK("r0", "r1", "r2", "r3")
      "add lr, lr, r10\n"
      "mov r12, r11\n"
      STORE_BLOCK("r4", "r5", "r6", "r7")
      "adds lr, lr, #4\n"
      PUT(OUT, "lr")
      "3:\n"  /* two blocks more, or twice the last one */
      GET("r8", WEND)
      GET("r9", NEXT)
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
      ANY_BLOCK("r11", "r4", "r5", "r6", "r7")
      "b.w 5b\n"
      "9:\n"
      "add sp, #" S(FRAME) "\n"
      "pop {r4-r11, pc}\n");
}

#else
typedef int thimble_gemm_dsp_is_empty; /* ISO C wants a declaration */
#endif
