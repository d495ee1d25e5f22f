/* Weights of 5x5 and 7x7, stride 1, as the assembly reads them. */
#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* A block's four channels, one after the other: per column of the window its weights are loaded, scaled, and stored in
 * words of two neighbouring rows. 32 cycles a column of 7, 23 of 5.
 * r0-r6: weights of a column, from the upper one on, of channels four bytes apart; r7: how far they are scaled. r8: the
 * column's upper weight; r9: where its words go; r10, r12: columns and channels left; r11: the channel's constants. */
#define LOAD(to, at) "ldrsb " to ", [r8, #" at "]\n"
#define SCALE(x) "lsls.n " x ", r7\n"
#define PUT(upper, lower, to)                          \
  "pkhbt " upper ", " upper ", " lower ", lsl #16\n"   \
  "str " upper ", " to "\n"

#define COLUMN_5                                                                                      \
  LOAD("r4", "80") LOAD("r3", "60") LOAD("r2", "40") LOAD("r1", "20") "ldrsb r0, [r8], #4\n"          \
  SCALE("r4") SCALE("r3") SCALE("r2") SCALE("r1") SCALE("r0")                                         \
  PUT("r0", "r1", "[r9, #-80]") PUT("r1", "r2", "[r9, #-60]") PUT("r2", "r3", "[r9, #-40]")           \
  PUT("r3", "r4", "[r9, #-20]")
#define COLUMN_7                                                                                      \
  LOAD("r6", "168") LOAD("r5", "140") LOAD("r4", "112") LOAD("r3", "84") LOAD("r2", "56")             \
  LOAD("r1", "28") "ldrsb r0, [r8], #4\n"                                                             \
  SCALE("r6") SCALE("r5") SCALE("r4") SCALE("r3") SCALE("r2") SCALE("r1") SCALE("r0")                 \
  PUT("r0", "r1", "[r9, #-112]") PUT("r1", "r2", "[r9, #-84]") PUT("r2", "r3", "[r9, #16]")           \
  PUT("r3", "r4", "[r9, #-56]") PUT("r4", "r5", "[r9, #44]") PUT("r5", "r6", "[r9, #-28]")

/* `constants`: bytes of a record before its constants; `next`: from its last column to the constants of the next one. */
#define RECORDS(name, kernel, column, constants, next)                   \
  __attribute__((naked)) void name(const uint32_t* block, thimble_word* records) { \
    (void)block, (void)records;                                          \
    __asm__(                                                             \
        "push {r4-r11, lr}\n"                                            \
        "mov r11, r0\n"                                                  \
        "add r8, r0, #64\n"                                              \
        "add r9, r1, #" constants "\n"                                   \
        "mov r12, #4\n"                                                  \
        "1:\n"                                                           \
        "ldr r0, [r11]\nldr r1, [r11, #16]\nldr r2, [r11, #32]\nldr r3, [r11, #48]\n" \
        "mov r10, #" kernel "\n"                                         \
        "add r11, r11, #4\n"                                             \
        "lsrs r7, r2, #8\n"                                              \
        "lsls r3, r7\n"                                                  \
        "stm r9, {r0-r3}\n"                                              \
        "2:\n"                                                           \
        column                                                           \
        "add r9, r9, #4\n"                                               \
        "subs r10, r10, #1\n"                                            \
        "bne 2b\n"                                                       \
        "sub r8, r8, #4 * " kernel " - 1\n"                              \
        "add r9, r9, #" next "\n"                                        \
        "subs r12, r12, #1\n"                                            \
        "bne 1b\n"                                                       \
        "pop {r4-r11, pc}\n");                                           \
  }

RECORDS(thimble_depthwise_5x5_records, "5", COLUMN_5, "80", "76")
RECORDS(thimble_depthwise_7x7_records, "7", COLUMN_7, "112", "156")

#else
typedef int thimble_depthwise_records_is_empty; /* ISO C wants a declaration */
#endif
