/* NUCLEO-F412ZG: user manual UM1974, reference manual RM0402. */
#ifndef THIMBLE_PROBE_PINS_H
#define THIMBLE_PROBE_PINS_H

#include "firmware_probe/ports.h"

/* USART 3, PD9. */
#define PROBE_RX_PORT PORT_D
#define PROBE_RX_PIN 9u
#define PROBE_UART_INTERRUPT 39

/* PE11: D5 of the Arduino connector. */
#define PROBE_MARKER_PORT PORT_E
#define PROBE_MARKER_PIN 11u

#define PROBE_WATCHDOG 0x40003000u /* IWDG */

#define PROBE_FLASH_ACR 0x40023C00u
#define PROBE_FLASH_CACHES 3u /* of instructions and of data */

#endif
