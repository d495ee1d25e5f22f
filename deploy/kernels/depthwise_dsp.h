/* What the depthwise functions in assembly share, for Armv7E-M with a floating-point unit, whose registers hold weights
 * and constants: one cycle to fetch one, no address. Accumulators are 256 times TFLite's. Cycles are those of the
 * Cortex-M4 manual without wait states.
 */
#ifndef THIMBLE_DEPTHWISE_DSP_H
#define THIMBLE_DEPTHWISE_DSP_H

#include "depthwise.h"

/* The formatter would break lines of instructions apart. */
/* clang-format off */

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
