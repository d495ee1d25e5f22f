/* NUCLEO-F446RE: user manual UM1724, reference manual RM0390. */
#ifndef THIMBLE_PROBE_PINS_H
#define THIMBLE_PROBE_PINS_H

#include "firmware_probe/ports.h"

/* USART 2, PA3. */
#define PROBE_RX_PORT PORT_A
#define PROBE_RX_PIN 3u
#define PROBE_UART_INTERRUPT 38

/* PB5: D4 of the Arduino connector. */
#define PROBE_MARKER_PORT PORT_B
#define PROBE_MARKER_PIN 5u

#define PROBE_WATCHDOG 0x40003000u /* IWDG */

#define PROBE_FLASH_ACR 0x40023C00u
#define PROBE_FLASH_CACHES 3u /* of instructions and of data */

#endif
