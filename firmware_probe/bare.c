/* For a chip whose peripherals are not there: no watchdog, no marker, no flash controller. */
#include "flash.h"
#include "marker.h"
#include "watchdog.h"

void watchdog_open(void) {}
void watchdog_feed(void) {}
void marker_open(void) {}
void marker_set(int high) { (void)high; }
uint32_t flash_flags(void) { return 0; }
uint32_t flash_wait_states(void) { return 0; }
void flash_make_cold(void) {}
