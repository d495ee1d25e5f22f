/* STM32F746G-DISCO: user manual UM1907, reference manual RM0385. */
#ifndef THIMBLE_PROBE_PINS_H
#define THIMBLE_PROBE_PINS_H

#include "firmware_probe/ports.h"

/* USART 1, PB7. */
#define PROBE_RX_PORT PORT_B
#define PROBE_RX_PIN 7u
#define PROBE_UART_INTERRUPT 37

/* PG7: D4 of the Arduino connector. */
#define PROBE_MARKER_PORT PORT_G
#define PROBE_MARKER_PIN 7u

#define PROBE_WATCHDOG 0x40003000u /* IWDG */

#define PROBE_FLASH_ACR 0x40023C00u
#define PROBE_FLASH_CACHES 1u /* of instructions */

#endif
