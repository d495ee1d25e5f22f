/* Cycles of a timed region. One implementation is linked into an image: timer_core.c for hardware; timer_none.c for
 * virtual boards, whose cycle model counts by itself and must not be disturbed. */
#ifndef THIMBLE_PROBE_TIMER_H
#define THIMBLE_PROBE_TIMER_H

#include <stdint.h>

#include "protocol.h"

void timer_open(void);
/* Which counter it is, once it is open. */
enum probe_timer timer_kind(void);
/* The most cycles that a region may take, in steps of 2^24; 0: as many as it likes. A region that takes more is
 * reported as a fault. */
void timer_limit(uint32_t cycles);
void timer_start(void);
/* Instead of timer_start for what is not timed: the pin stays low, and what takes too long is ended all the same. */
void timer_guard(void);
/* Core cycles since timer_start, what the two calls themselves take left out; 0 of no timer. */
uint32_t timer_stop(void);
/* Sleeps for about a millisecond. */
void timer_idle(void);
/* Of the SysTick exception. Returns whether what it interrupted has taken too long. */
int timer_tick(void);

#endif
