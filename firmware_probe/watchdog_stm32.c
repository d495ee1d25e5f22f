/* IWDG (reference manuals, chapter "independent watchdog"): counts an oscillator of its own, 32 kHz give or take. A
 * debugger that stops the core stops it too, where DBGMCU says so, as OpenOCD's scripts have it. */
#include "watchdog.h"

#include "board.h"
#include "pins.h"
#include "stm32.h"

enum {
  KEY = PROBE_WATCHDOG,
  PRESCALER = PROBE_WATCHDOG + 4,
  RELOAD = PROBE_WATCHDOG + 8,
  STATUS = PROBE_WATCHDOG + 12
};
enum { START = 0xCCCC, UNLOCK = 0x5555, FEED = 0xAAAA, DIVIDE_BY_256 = 6, CHANGING = 7 };
/* Some 16 s: SysTick feeds it while a region runs, every 4 s at the slowest clock. */
enum { ROUNDS = 2000 };

void watchdog_open(void) {
  register_write(KEY, START);
  register_write(KEY, UNLOCK);
  register_write(PRESCALER, DIVIDE_BY_256);
  register_write(RELOAD, ROUNDS);
  (void)register_wait(STATUS, CHANGING, 0);
  watchdog_feed();
}

void watchdog_feed(void) { register_write(KEY, FEED); }
