/* The clock that a board's start-up reached. */
#ifndef THIMBLE_CLOCK_H
#define THIMBLE_CLOCK_H

#include <stdint.h>

enum {
  CLOCK_AT_RESET,     /* the oscillator that the chip starts with: the PLL did not lock, or something was not ready */
  CLOCK_PLL_INTERNAL, /* full speed from the internal oscillator: the crystal or the clock from outside was not there */
  CLOCK_PLL_EXTERNAL, /* full speed from the crystal or the clock from outside */
};

typedef struct thimble_clock_state {
  uint32_t source;  /* CLOCK_... */
  uint32_t core_hz; /* nominal */
  uint32_t uart_hz; /* of the UART that board.h names */
} thimble_clock_state;

extern thimble_clock_state thimble_clock;

/* Called by the start-up before main: clocks, flash wait states, caches. Returns whatever the hardware does. */
void thimble_board_start(void);

#endif
