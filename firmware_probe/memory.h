/* What stands between a core and its memory: caches of the core, and of the flash. One implementation is linked into an
 * image: memory_board.c, or memory_none.c. */
#ifndef THIMBLE_PROBE_MEMORY_H
#define THIMBLE_PROBE_MEMORY_H

#include "protocol.h"

/* enum probe_memory: what is on, as the registers say. */
uint32_t memory_flags(void);
/* Of the flash, as its register says. */
uint32_t memory_wait_states(void);
/* Empties every cache that is on; what was written is kept. */
void memory_make_cold(void);

#endif
