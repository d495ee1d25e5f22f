/* The clock that a test says was reached. */
#include "clock.h"

thimble_clock_state thimble_clock;
