/* NUCLEO-L4R5ZI: user manual UM2179, reference manual RM0432. */
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#define BOARD_CORE_HZ 120000000u
#define BOARD_FLASH_WAIT_STATES 5u
#define BOARD_FLASH_FEATURES 0x700u /* prefetch, instruction and data cache of the flash */

/* LPUART 1, PG7: the ST-LINK's virtual port. */
#define BOARD_UART 0x40008000u
#define BOARD_UART_HAS_SR 0
#define BOARD_UART_SCALE 256u
#define BOARD_UART_HZ 120000000u
#define BOARD_UART_CLOCK 0x4002105Cu
#define BOARD_UART_CLOCK_BIT 0
#define BOARD_PORT 0x48001800u
#define BOARD_PORT_CLOCK 0x4002104Cu
#define BOARD_PORT_CLOCK_BIT 6
#define BOARD_TX_PIN 7
#define BOARD_TX_FUNCTION 8u

#endif
