#include "core.h"

#if __has_include("board.h")
#include "clock.h"
uint32_t core_hz(void) { return thimble_clock.core_hz; }
#else
uint32_t core_hz(void) { return 0; }
#endif

uint32_t core_id(void) { return *(volatile uint32_t*)0xE000ED00u; }
