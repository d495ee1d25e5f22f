/* NUCLEO-H743ZI2: user manual UM2407, reference manual RM0433. */
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#define BOARD_CORE_HZ 400000000u
#define BOARD_HSE_HZ 8000000u /* from the ST-LINK */
#define BOARD_HSE_BYPASS 1

/* USART 3, PD8: the ST-LINK's virtual port. */
#define BOARD_UART 0x40004800u
#define BOARD_UART_HAS_SR 0
#define BOARD_UART_SCALE 1u
#define BOARD_UART_HZ 100000000u
#define BOARD_UART_CLOCK 0x580244E8u
#define BOARD_UART_CLOCK_BIT 18
#define BOARD_PORT 0x58020C00u
#define BOARD_PORT_CLOCK 0x580244E0u
#define BOARD_PORT_CLOCK_BIT 3
#define BOARD_TX_PIN 8
#define BOARD_TX_FUNCTION 7u

void thimble_caches_start(void);

#endif
