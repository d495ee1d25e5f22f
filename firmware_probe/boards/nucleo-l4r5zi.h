/* NUCLEO-L4R5ZI: user manual UM2179, reference manual RM0432. */
#ifndef THIMBLE_PROBE_PINS_H
#define THIMBLE_PROBE_PINS_H

#include "firmware_probe/ports.h"

/* LPUART 1, PG8. */
#define PROBE_RX_PORT PORT_G
#define PROBE_RX_PIN 8u
#define PROBE_UART_INTERRUPT 70

/* PE11: D5 of the Arduino connector. */
#define PROBE_MARKER_PORT PORT_E
#define PROBE_MARKER_PIN 11u

#define PROBE_WATCHDOG 0x40003000u /* IWDG */

#define PROBE_FLASH_ACR 0x40022000u
#define PROBE_FLASH_CACHES 3u /* of instructions and of data */

#endif
