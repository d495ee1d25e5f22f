/* The flash's own part of memory.h. One implementation is linked into an image for a board. */
#ifndef THIMBLE_PROBE_FLASH_H
#define THIMBLE_PROBE_FLASH_H

#include <stdint.h>

uint32_t flash_flags(void);
uint32_t flash_wait_states(void);
void flash_make_cold(void);

#endif
