/* The start-up of an STM32 whose clock nobody changes: its registers are not there, and to touch them is a fault. Its
 * flash has caches, which is all that the probe knows of any. */
#include "clock.h"
#include "firmware_probe/flash.h"
#include "firmware_probe/protocol.h"

thimble_clock_state thimble_clock = {CLOCK_AT_RESET, 16000000, 16000000};

void thimble_board_start(void) {}

uint32_t flash_flags(void) { return PROBE_FLASH_INSTRUCTION_CACHE | PROBE_FLASH_DATA_CACHE; }
uint32_t flash_wait_states(void) { return 4; }

/* It takes its time, as others do: a run that counts it shows. */
void flash_make_cold(void) {
  for (volatile int i = 0; i < 1000; ++i) {
  }
}
