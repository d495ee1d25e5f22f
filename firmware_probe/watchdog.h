/* The chip's independent watchdog: whatever stops the core for good ends with a reset, and the profiler sees that the
 * firmware has started anew. One implementation is linked into an image for a board. */
#ifndef THIMBLE_PROBE_WATCHDOG_H
#define THIMBLE_PROBE_WATCHDOG_H

/* From here on it must be fed every few seconds. */
void watchdog_open(void);
void watchdog_feed(void);

#endif
