/* Cycles of a timed region. One implementation is linked into an image: timer_core.c for hardware; timer_none.c for
 * virtual boards, whose cycle model counts by itself and must not be disturbed. */
#ifndef THIMBLE_PROBE_TIMER_H
#define THIMBLE_PROBE_TIMER_H

#include <stdint.h>

#include "protocol.h"

/* Makes ready and says which counter it is. */
enum probe_timer timer_open(void);
/* Whether timer_stop returns anything but 0. */
int timer_counts(void);
void timer_start(void);
/* Core cycles since timer_start, what the two calls themselves take left out. */
uint32_t timer_stop(void);
/* Sleeps for about a millisecond. */
void timer_idle(void);
/* Of the SysTick exception. */
void timer_tick(void);

#endif
