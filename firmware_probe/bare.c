/* For a chip whose peripherals are not there: no watchdog, no marker. */
#include "marker.h"
#include "watchdog.h"

void watchdog_open(void) {}
void watchdog_feed(void) {}
void marker_open(void) {}
void marker_set(int high) { (void)high; }
