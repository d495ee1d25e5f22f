/* A pin of a general-purpose port (reference manuals, chapter GPIO). */
#include "marker.h"

#include "board.h"
#include "pins.h"
#include "stm32.h"

enum { PORT = PROBE_PORT(PROBE_MARKER_PORT), MODE = PORT, SET_RESET = PORT + 0x18 };

void marker_open(void) {
  register_change(BOARD_PORT_CLOCK, 0, 1u << PROBE_MARKER_PORT);
  (void)register_read(BOARD_PORT_CLOCK); /* the clock is there two cycles after it was enabled */
  marker_set(0);
  register_change(MODE, 3u << PROBE_MARKER_PIN * 2, 1u << PROBE_MARKER_PIN * 2);
}

/* The write has left the core before what is timed begins. */
void marker_set(int high) {
  register_write(SET_RESET, 1u << (PROBE_MARKER_PIN + (high ? 0 : 16)));
#if defined(__arm__)
  __asm volatile("dsb" ::: "memory");
#endif
}
