/* Clock, regulator and flash of STM32F4 and F7: reference manuals RM0390 (F446), RM0402 (F412), RM0385 (F746). The system
 * clock begins as the internal oscillator of 16 MHz, and stays so until all that the full speed needs is ready. */
#include "board.h"
#include "clock.h"
#include "stm32.h"

enum {
  RCC_CR = 0x40023800,
  RCC_PLLCFGR = 0x40023804,
  RCC_CFGR = 0x40023808,
  RCC_APB1ENR = 0x40023840,
  PWR_CR = 0x40007000,
  PWR_CSR = 0x40007004,
  FLASH_ACR = 0x40023C00,
};
enum { CR_HSE_ON = 1 << 16, CR_HSE_READY = 1 << 17, CR_HSE_BYPASS = 1 << 18, CR_PLL_ON = 1 << 24, CR_PLL_READY = 1 << 25 };
enum { PLL_FROM_HSE = 1 << 22, PLL_M = 0x3F, PLL_N = 0x1FF << 6, PLL_P = 3 << 16 };
enum { SWITCH = 3, SWITCH_PLL = 2, SWITCHED = 3 << 2, SWITCHED_PLL = 2 << 2, PRESCALERS = 0xFCF0 };
enum { POWER_CLOCK = 1 << 28, SCALE_1 = 3 << 14, SCALE_READY = 1 << 14 };
enum { OVERDRIVE = 1 << 16, OVERDRIVE_SWITCH = 1 << 17 }; /* the same bits say ready in PWR_CSR */
enum { FLASH_LATENCY = 15, HSI_HZ = 16000000 };

thimble_clock_state thimble_clock;

static int start_hse(void) {
  register_change(RCC_CR, 0, BOARD_HSE_BYPASS ? CR_HSE_BYPASS : 0);
  register_change(RCC_CR, 0, CR_HSE_ON);
  return register_wait(RCC_CR, CR_HSE_READY, CR_HSE_READY);
}

/* The PLL multiplies 1 MHz by N and divides by 2. */
static int start_pll(uint32_t source, uint32_t source_hz) {
  register_change(RCC_CR, CR_PLL_ON, 0);
  if (!register_wait(RCC_CR, CR_PLL_READY, 0)) return 0;
  const uint32_t m = source_hz / 1000000u, n = BOARD_CORE_HZ / 500000u;
  register_change(RCC_PLLCFGR, PLL_M | PLL_N | PLL_P | PLL_FROM_HSE, source | m | n << 6);
  register_change(RCC_CR, 0, CR_PLL_ON);
  return register_wait(RCC_CR, CR_PLL_READY, CR_PLL_READY);
}

/* The regulator's highest voltage takes effect with the PLL on; its ready bit is no condition on every chip. */
static int raise_voltage(void) {
  (void)register_wait(PWR_CSR, SCALE_READY, SCALE_READY);
  if (!BOARD_OVERDRIVE) return 1;
  register_change(PWR_CR, 0, OVERDRIVE);
  if (!register_wait(PWR_CSR, OVERDRIVE, OVERDRIVE)) return 0;
  register_change(PWR_CR, 0, OVERDRIVE_SWITCH);
  return register_wait(PWR_CSR, OVERDRIVE_SWITCH, OVERDRIVE_SWITCH);
}

/* Wait states for the full speed; right at the low one too. */
static int slow_flash(void) {
  register_change(FLASH_ACR, FLASH_LATENCY, BOARD_FLASH_WAIT_STATES | BOARD_FLASH_FEATURES);
  return register_wait(FLASH_ACR, FLASH_LATENCY, BOARD_FLASH_WAIT_STATES);
}

static int switch_to_pll(void) {
  register_change(RCC_CFGR, PRESCALERS, BOARD_BUS_PRESCALERS);
  register_change(RCC_CFGR, SWITCH, SWITCH_PLL);
  if (register_wait(RCC_CFGR, SWITCHED, SWITCHED_PLL)) return 1;
  register_change(RCC_CFGR, SWITCH | PRESCALERS, 0);
  return 0;
}

static uint32_t start_clock(void) {
  register_change(RCC_APB1ENR, 0, POWER_CLOCK);
  register_change(PWR_CR, 0, SCALE_1);
  uint32_t source = CLOCK_AT_RESET;
  if (start_hse() && start_pll(PLL_FROM_HSE, BOARD_HSE_HZ)) source = CLOCK_PLL_EXTERNAL;
  if (source == CLOCK_AT_RESET && start_pll(0, HSI_HZ)) source = CLOCK_PLL_INTERNAL;
  const int fast = source != CLOCK_AT_RESET && raise_voltage() && slow_flash() && switch_to_pll();
  return fast ? source : CLOCK_AT_RESET;
}

void thimble_board_start(void) {
  thimble_clock.source = start_clock();
  const int fast = thimble_clock.source != CLOCK_AT_RESET;
  thimble_clock.core_hz = fast ? BOARD_CORE_HZ : HSI_HZ;
  thimble_clock.uart_hz = fast ? BOARD_UART_HZ : HSI_HZ;
#if BOARD_HAS_CACHES
  thimble_caches_start();
#endif
}
