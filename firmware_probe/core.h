/* What the probe asks of the core itself. */
#ifndef THIMBLE_PROBE_CORE_H
#define THIMBLE_PROBE_CORE_H

#include <stdint.h>

/* CPUID: implementer, variant, part, revision (ARMv7-M manual B3.2.3). */
uint32_t core_id(void);
/* The clock that the start-up reached; 0 where it sets none. */
uint32_t core_hz(void);
/* enum probe_clock: what it runs from. */
uint32_t core_clock(void);
/* The timed window. DBG does nothing on hardware; a virtual board counts between the two. */
#if defined(__arm__)
static inline void region_begin(void) { __asm volatile("dbg #1" ::: "memory"); }
static inline void region_end(void) { __asm volatile("dbg #2" ::: "memory"); }
#else
void region_begin(void);
void region_end(void);
#endif

#endif
