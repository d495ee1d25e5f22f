/* NUCLEO-F446RE: user manual UM1724, reference manual RM0390. */
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#define BOARD_CORE_HZ 180000000u
#define BOARD_HSE_HZ 8000000u /* from the ST-LINK */
#define BOARD_HSE_BYPASS 1
#define BOARD_OVERDRIVE 1 /* above 168 MHz */
#define BOARD_HAS_CACHES 0
#define BOARD_FLASH_WAIT_STATES 5u
#define BOARD_FLASH_FEATURES 0x700u      /* prefetch, instruction and data cache of the flash */
#define BOARD_BUS_PRESCALERS 0x9400u     /* APB1 by 4, APB2 by 2 */

/* USART 2, PA2: the ST-LINK's virtual port. */
#define BOARD_UART 0x40004400u
#define BOARD_UART_HAS_SR 1
#define BOARD_UART_SCALE 1u
#define BOARD_UART_HZ 45000000u
#define BOARD_UART_CLOCK 0x40023840u
#define BOARD_UART_CLOCK_BIT 17
#define BOARD_PORT 0x40020000u
#define BOARD_PORT_CLOCK 0x40023830u
#define BOARD_PORT_CLOCK_BIT 0
#define BOARD_TX_PIN 2
#define BOARD_TX_FUNCTION 7u

#endif
