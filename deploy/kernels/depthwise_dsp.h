/* What the depthwise functions in assembly share, for Armv7E-M with a floating-point unit, whose registers hold weights
 * and constants: one cycle to fetch one, no address. Accumulators are 256 times TFLite's. Cycles are those of the
 * Cortex-M4 manual without wait states.
 */
#ifndef THIMBLE_DEPTHWISE_DSP_H
#define THIMBLE_DEPTHWISE_DSP_H

#include "depthwise.h"

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* thimble_depthwise_run */
#define RUN_TABLE "[r0, #0]"
#define RUN_STAGE "[r0, #4]"
#define RUN_CHANNELS "[r0, #8]"
#define RUN_RECORD "[r0, #12]"
#define RUN_STEPS "[r0, #16]"
#define RUN_STEP_COUNT "[r0, #20]"
#define RUN_WIDTH "[r0, #24]"
#define RUN_ANY_SHIFT "[r0, #28]"

/* What all functions keep on the stack; FRAME begins with it. */
#define TABLE "[sp, #0]"
#define STAGE "[sp, #4]"     /* of the channel */
#define CHANNELS "[sp, #8]"  /* left */
#define OFFSET "[sp, #12]"   /* of the channel's words in a column */
#define STEP "[sp, #16]"
#define STEPS "[sp, #20]"    /* left */
#define RUN "[sp, #24]"
#define WIDTH "[sp, #28]"    /* bytes of a step in the stage */
#define RECORD "[sp, #32]"

#define ENTER(saved, frame, width_shift) \
  "push {r4-r11, lr}\n"               \
  saved                               \
  "sub sp, sp, #" frame "\n"          \
  "ldr r1, " RUN_TABLE "\n"           \
  "ldr r2, " RUN_STAGE "\n"           \
  "ldr r3, " RUN_CHANNELS "\n"        \
  "movs r4, #0\n"                     \
  "ldr r5, " RUN_WIDTH "\n"           \
  "ldr r6, " RUN_RECORD "\n"          \
  "lsl r5, r5, #" width_shift "\n"    \
  "str r1, " TABLE "\n"               \
  "str r2, " STAGE "\n"               \
  "str r3, " CHANNELS "\n"            \
  "str r4, " OFFSET "\n"              \
  "str r0, " RUN "\n"                 \
  "str r5, " WIDTH "\n"               \
  "str r6, " RECORD "\n"

#define LEAVE(saved, frame)   \
  "add sp, sp, #" frame "\n"  \
  saved                       \
  "pop {r4-r11, pc}\n"

/* The next channel, at label 10. */
#define NEXT_CHANNEL          \
  "ldr r1, " TABLE "\n"       \
  "ldr r2, " RECORD "\n"      \
  "ldr r3, " STAGE "\n"       \
  "ldr r4, " OFFSET "\n"      \
  "ldr r5, " CHANNELS "\n"    \
  "add r1, r1, r2\n"          \
  "adds r3, #1\n"             \
  "adds r4, #4\n"             \
  "str r1, " TABLE "\n"       \
  "str r3, " STAGE "\n"       \
  "str r4, " OFFSET "\n"      \
  "subs r5, #1\n"             \
  "str r5, " CHANNELS "\n"    \
  "bne.w 10b\n"

#define FIRST_STEP                  \
  "ldr r0, " RUN "\n"               \
  "ldr r1, " RUN_STEPS "\n"         \
  "ldr r2, " RUN_STEP_COUNT "\n"    \
  "str r1, " STEP "\n"              \
  "str r2, " STEPS "\n"

/* On to the next step at label 11. */
#define NEXT_STEP          \
  "ldr r1, " STEP "\n"     \
  "ldr r2, " STEPS "\n"    \
  "adds r1, #24\n"         \
  "str r1, " STEP "\n"     \
  "subs r2, #1\n"          \
  "str r2, " STEPS "\n"    \
  "bne.w 11b\n"

#define VMOV(to, from) "vmov " to ", " from "\n"
#define MAC(op, sum, x, w) op " " sum ", " x ", " w ", " sum "\n"

/* Two ways to a result. FIXED: all channels have the same right shift, and no tie below zero is nudged. ANY: the shift
 * is in a register, and ties below zero are nudged, which does no harm where a clamp hides it. */
#define SCALE_FIXED(x, m, k, t) "smmla " x ", " x ", " m ", " k "\n"
#define SCALE_ANY(x, m, k, t)         \
  "lsr " t ", " x ", #31\n"           \
  "sub " t ", " k ", " t ", lsl #7\n" \
  "smmla " x ", " x ", " m ", " t "\n"
#define GET_SHIFT_FIXED(to, from)
#define GET_SHIFT_ANY(to, from) VMOV(to, from)
#define SHIFT_FIXED(x, by)
#define SHIFT_ANY(x, by) "asr " x ", " x ", " by "\n"
#define SSAT_FIXED(x) "ssat " x ", #8, " x ", asr #10\n"
#define SSAT_LARGE_FIXED(x) "ssat " x ", #8, " x ", asr #11\n"
#define SSAT_LARGE_ANY(x) SSAT_ANY(x)
#define SSAT_ANY(x) "ssat " x ", #8, " x "\n"

#endif
