/* Clock, regulator and flash of the STM32L4R5: reference manual RM0432. The system clock begins as the internal oscillator
 * of 4 MHz, and stays so until all that 120 MHz needs is ready. There is no clock from outside on the board by default:
 * the PLL runs from the internal oscillator of 16 MHz (1 % accurate). */
#include "board.h"
#include "clock.h"
#include "stm32.h"

enum {
  RCC_CR = 0x40021000,
  RCC_CFGR = 0x40021008,
  RCC_PLLCFGR = 0x4002100C,
  RCC_APB1ENR1 = 0x40021058,
  PWR_CR1 = 0x40007000,
  PWR_CR2 = 0x40007004,
  PWR_SR2 = 0x40007014,
  PWR_CR5 = 0x40007080,
  FLASH_ACR = 0x40022000,
};
enum { CR_HSI_ON = 1 << 8, CR_HSI_READY = 1 << 10, CR_PLL_ON = 1 << 24, CR_PLL_READY = 1 << 25 };
enum { PLL_FIELDS = 0x06007FF3, PLL_FROM_HSI = 2, PLL_R_ON = 1 << 24 };
enum { SWITCH = 3, SWITCH_PLL = 3, SWITCHED = 3 << 2, SWITCHED_PLL = 3 << 2, BUS_DIVIDER = 15 << 4, BUS_HALVED = 8 << 4 };
enum { POWER_CLOCK = 1 << 28, RANGE = 3 << 9, RANGE_1 = 1 << 9, RANGE_CHANGING = 1 << 10, RANGE_1_NORMAL = 1 << 8 };
enum { SECOND_IO_SUPPLY = 1 << 9 };
enum { FLASH_LATENCY = 15, MSI_HZ = 4000000, HSI_HZ = 16000000 };

thimble_clock_state thimble_clock;

static int start_hsi(void) {
  register_change(RCC_CR, 0, CR_HSI_ON);
  return register_wait(RCC_CR, CR_HSI_READY, CR_HSI_READY);
}

/* The PLL multiplies 8 MHz by N and divides by 2. */
static int start_pll(void) {
  register_change(RCC_CR, CR_PLL_ON, 0);
  if (!register_wait(RCC_CR, CR_PLL_READY, 0)) return 0;
  const uint32_t m = HSI_HZ / 8000000u, n = BOARD_CORE_HZ / 4000000u;
  register_change(RCC_PLLCFGR, PLL_FIELDS, PLL_FROM_HSI | (m - 1) << 4 | n << 8 | PLL_R_ON);
  register_change(RCC_CR, 0, CR_PLL_ON);
  return register_wait(RCC_CR, CR_PLL_READY, CR_PLL_READY);
}

/* Range 1 in boost mode: beyond 80 MHz. */
static int raise_voltage(void) {
  register_change(PWR_CR1, RANGE, RANGE_1);
  register_change(PWR_CR5, RANGE_1_NORMAL, 0);
  return register_wait(PWR_SR2, RANGE_CHANGING, 0);
}

static int slow_flash(void) {
  register_change(FLASH_ACR, FLASH_LATENCY, BOARD_FLASH_WAIT_STATES | BOARD_FLASH_FEATURES);
  return register_wait(FLASH_ACR, FLASH_LATENCY, BOARD_FLASH_WAIT_STATES);
}

/* A step to more than 80 MHz stops at half of it for a microsecond. */
static int switch_to_pll(void) {
  register_change(RCC_CFGR, BUS_DIVIDER, BUS_HALVED);
  register_change(RCC_CFGR, SWITCH, SWITCH_PLL);
  const int switched = register_wait(RCC_CFGR, SWITCHED, SWITCHED_PLL);
  if (!switched) register_change(RCC_CFGR, SWITCH, 0);
  for (int i = 0; i < 100; ++i) (void)register_read(RCC_CFGR);
  register_change(RCC_CFGR, BUS_DIVIDER, 0);
  return switched;
}

static uint32_t start_clock(void) {
  register_change(RCC_APB1ENR1, 0, POWER_CLOCK);
  register_change(PWR_CR2, 0, SECOND_IO_SUPPLY); /* port G, where the UART is */
  const int fast = raise_voltage() && start_hsi() && start_pll() && slow_flash() && switch_to_pll();
  return fast ? CLOCK_PLL_INTERNAL : CLOCK_AT_RESET;
}

void thimble_board_start(void) {
  thimble_clock.source = start_clock();
  const int fast = thimble_clock.source != CLOCK_AT_RESET;
  thimble_clock.core_hz = fast ? BOARD_CORE_HZ : MSI_HZ;
  thimble_clock.uart_hz = fast ? BOARD_UART_HZ : MSI_HZ;
}
