/* FLASH_ACR (reference manuals, chapter "embedded flash memory"; boards/NAME.h has its place). Of F4, F7 and L4 the
 * prefetch, and what ST calls ART: a cache of instructions and, but for the F7, one of data. The H7's flash has
 * neither. */
#include "flash.h"

#include "memory.h"
#include "pins.h"
#include "stm32.h"

enum { WAIT_STATES = 15, PREFETCH = 1 << 8, INSTRUCTION_CACHE = 1 << 9, DATA_CACHE = 1 << 10 };
enum { CACHES = PROBE_FLASH_CACHES * INSTRUCTION_CACHE, TO_RESET = 2 }; /* a cache's reset bit stands two further up */

uint32_t flash_flags(void) {
  const uint32_t on = register_read(PROBE_FLASH_ACR) & (CACHES ? CACHES | PREFETCH : 0);
  return (on & PREFETCH ? PROBE_FLASH_PREFETCH : 0u) | (on & INSTRUCTION_CACHE ? PROBE_FLASH_INSTRUCTION_CACHE : 0u) |
         (on & DATA_CACHE ? PROBE_FLASH_DATA_CACHE : 0u);
}

uint32_t flash_wait_states(void) { return register_read(PROBE_FLASH_ACR) & WAIT_STATES; }

/* A cache is emptied while it is off. */
void flash_make_cold(void) {
  const uint32_t on = register_read(PROBE_FLASH_ACR), caches = on & CACHES;
  if (!caches) return;
  register_write(PROBE_FLASH_ACR, on & ~caches);
  register_write(PROBE_FLASH_ACR, (on & ~caches) | caches << TO_RESET);
  register_write(PROBE_FLASH_ACR, on & ~caches);
  register_write(PROBE_FLASH_ACR, on);
}
