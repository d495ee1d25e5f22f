/* The ports of an STM32 lie side by side, and their clocks in one register: from the one that board.h names follow the
 * others. */
#ifndef THIMBLE_PROBE_PORTS_H
#define THIMBLE_PROBE_PORTS_H

#include "board.h"

enum { PORT_A, PORT_B, PORT_C, PORT_D, PORT_E, PORT_F, PORT_G };
#define PROBE_PORT(number) (BOARD_PORT + ((uint32_t)(number)-BOARD_PORT_CLOCK_BIT) * 0x400u)

#endif
