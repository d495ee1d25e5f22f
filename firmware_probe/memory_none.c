/* A virtual board's model has no wait states and no caches, whatever its emulator's registers say. */
#include "memory.h"

uint32_t memory_flags(void) { return 0; }
uint32_t memory_wait_states(void) { return 0; }
void memory_make_cold(void) {}
