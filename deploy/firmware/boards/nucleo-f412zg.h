/* NUCLEO-F412ZG: user manual UM1974, reference manual RM0402. */
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#define BOARD_CORE_HZ 100000000u
#define BOARD_HSE_HZ 8000000u /* from the ST-LINK */
#define BOARD_HSE_BYPASS 1
#define BOARD_OVERDRIVE 0
#define BOARD_HAS_CACHES 0
#define BOARD_FLASH_WAIT_STATES 3u
#define BOARD_FLASH_FEATURES 0x700u  /* prefetch, instruction and data cache of the flash */
#define BOARD_BUS_PRESCALERS 0x1000u /* APB1 by 2 */

/* USART 3, PD8: the ST-LINK's virtual port. */
#define BOARD_UART 0x40004800u
#define BOARD_UART_HAS_SR 1
#define BOARD_UART_SCALE 1u
#define BOARD_UART_HZ 50000000u
#define BOARD_UART_CLOCK 0x40023840u
#define BOARD_UART_CLOCK_BIT 18
#define BOARD_PORT 0x40020C00u
#define BOARD_PORT_CLOCK 0x40023830u
#define BOARD_PORT_CLOCK_BIT 3
#define BOARD_TX_PIN 8
#define BOARD_TX_FUNCTION 7u

#endif
