/* Into the words that the depthwise functions read, and from the words that they write. */
#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* --- columns of two rows, or pairs of pixels of one, into words ---
 * r0: pixel a; r1: how far pixel b is from it; r2: to the next a; r3: to the next b; r4: columns; r6: minus the zero
 * point. */
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

/* --- a map of two rows a unit ---
 * r0: pixel a; r1: how far pixel b is from it; r2: from a column to the next; r3: r1 + r2; r4: to; r5: units left; r6:
 * minus the zero point; r7: columns left. On the stack: the argument. */
/* A row whose other one is padding, which is zero: into the upper lanes, or the lower ones. */
#define IN_UPPER(x)                   \
  "lsl lr, " x ", #16\n"              \
  "bfc " x ", #0, #16\n"
#define IN_LOWER(x)                   \
  "uxth lr, " x "\n"                  \
  "lsr " x ", " x ", #16\n"
#define HALF_COLUMN(x, IN_LANE)       \
  "sxtab16 r12, r6, " x ", ror #8\n"  \
  "sxtab16 " x ", r6, " x "\n"        \
  IN_LANE(x)                          \
  "str " x ", [r4, #8]\n"             \
  "str lr, [r4], #4\n"                \
  IN_LANE("r12")                      \
  "str r12, [r4, #8]\n"               \
  "str lr, [r4], #12\n"
#define HALF_UNIT(IN_LANE)            \
  "lsrs r7, r7, #1\n"                 \
  "bcc 1f\n"                          \
  "ldr r8, [r0]\n"                    \
  "add r0, r0, r2\n"                  \
  HALF_COLUMN("r8", IN_LANE)          \
  "cbz r7, 2f\n"                      \
  "1:\n"                              \
  "ldr r8, [r0]\nldr r9, [r0, r2]\n"  \
  "add r0, r0, r2, lsl #1\n"          \
  HALF_COLUMN("r8", IN_LANE)          \
  HALF_COLUMN("r9", IN_LANE)          \
  "subs r7, r7, #1\n"                 \
  "bne 1b\n"                          \
  "2:\n"
#define NEXT_UNIT_OF_MAP                                                                         \
  "ldr r7, [r11, #8]\nldr r9, [r11, #20]\nldr r10, [r11, #36]\n"                                 \
  "add r4, r4, r9\n"                                                                             \
  "add r0, r0, r10\n"

__attribute__((naked)) void thimble_depthwise_fill_map(const thimble_depthwise_map* map, const int8_t* input) {
  (void)map, (void)input;
  __asm__(
      "push {r0, r4-r11, lr}\n"
      "mov r11, r0\n"
      "mov r0, r1\n"
      "ldr r1, [r11]\nldr r2, [r11, #4]\nldr r7, [r11, #8]\nldr r6, [r11, #12]\nldr r4, [r11, #16]\n"
      "ldr r9, [r11, #24]\nldr r5, [r11, #28]\n"
      "cmp r9, #0\n"
      "beq 9f\n"
      HALF_UNIT(IN_UPPER)
      NEXT_UNIT_OF_MAP
      "9:\n"
      "add r3, r1, r2\n"
      "cmp r5, #0\n"
      "beq.w 6f\n"
      "3:\n"
      "lsrs r7, r7, #1\n"
      "bcc 4f\n"
      "ldr r8, [r0]\nldr r10, [r0, r1]\n"
      "add r0, r0, r2\n"
      PACK_16("r8", "r10")
      "cmp r7, #0\n"
      "beq.w 5f\n"
      "4:\n"
      TWO_COLUMNS_16
      "subs r7, r7, #1\n"
      "bne 4b\n"
      "5:\n"
      "ldr r11, [sp]\n"
      NEXT_UNIT_OF_MAP
      "add r0, r0, r1\n"
      "subs r5, r5, #1\n"
      "bne 3b\n"
      "6:\n"
      "ldr r9, [r11, #32]\n"
      "cmp r9, #0\n"
      "beq 8f\n"
      HALF_UNIT(IN_LOWER)
      "8:\n"
      "pop {r0, r4-r11, pc}\n");
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
typedef int thimble_depthwise_columns_is_empty; /* ISO C wants a declaration */
#endif
