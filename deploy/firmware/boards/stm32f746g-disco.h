/* STM32F746G-DISCO: user manual UM1907, reference manual RM0385. */
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#define BOARD_CORE_HZ 216000000u
#define BOARD_HSE_HZ 25000000u /* a crystal oscillator's signal or a crystal: both start without bypass */
#define BOARD_HSE_BYPASS 0
#define BOARD_OVERDRIVE 1 /* above 180 MHz */
#define BOARD_HAS_CACHES 1
#define BOARD_FLASH_WAIT_STATES 7u
#define BOARD_FLASH_FEATURES 0x300u  /* prefetch and ART accelerator */
#define BOARD_BUS_PRESCALERS 0x9400u /* APB1 by 4, APB2 by 2 */

/* USART 1, PA9: the ST-LINK's virtual port. */
#define BOARD_UART 0x40011000u
#define BOARD_UART_HAS_SR 0
#define BOARD_UART_SCALE 1u
#define BOARD_UART_HZ 108000000u
#define BOARD_UART_CLOCK 0x40023844u
#define BOARD_UART_CLOCK_BIT 4
#define BOARD_PORT 0x40020000u
#define BOARD_PORT_CLOCK 0x40023830u
#define BOARD_PORT_CLOCK_BIT 0
#define BOARD_TX_PIN 9
#define BOARD_TX_FUNCTION 7u

void thimble_caches_start(void);

#endif
