#include "core.h"

#include "protocol.h"

#if __has_include("board.h")
#include "clock.h"
uint32_t core_hz(void) { return thimble_clock.core_hz; }

uint32_t core_clock(void) {
  switch (thimble_clock.source) {
    case CLOCK_PLL_EXTERNAL:
      return PROBE_CLOCK_EXTERNAL;
    case CLOCK_PLL_INTERNAL:
      return PROBE_CLOCK_INTERNAL;
    default:
      return PROBE_CLOCK_AT_RESET;
  }
}
#else
uint32_t core_hz(void) { return 0; }
uint32_t core_clock(void) { return PROBE_CLOCK_NONE; }
#endif

uint32_t core_id(void) { return *(volatile uint32_t*)0xE000ED00u; }
