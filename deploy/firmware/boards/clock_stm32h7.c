/* Clock, regulator and flash of the STM32H743: reference manual RM0433. The system clock begins as the internal oscillator
 * of 64 MHz, and stays so until all that 400 MHz needs is ready. 480 MHz needs chips of revision V; 400 all take. */
#include "board.h"
#include "clock.h"
#include "stm32.h"

enum {
  RCC_CR = 0x58024400,
  RCC_CFGR = 0x58024410,
  RCC_D1CFGR = 0x58024418,
  RCC_D2CFGR = 0x5802441C,
  RCC_D3CFGR = 0x58024420,
  RCC_PLLCKSELR = 0x58024428,
  RCC_PLLCFGR = 0x5802442C,
  RCC_PLL1DIVR = 0x58024430,
  PWR_CSR1 = 0x58024804,
  PWR_CR3 = 0x5802480C,
  PWR_D3CR = 0x58024818,
  FLASH_ACR = 0x52002000,
};
enum { CR_HSE_ON = 1 << 16, CR_HSE_READY = 1 << 17, CR_HSE_BYPASS = 1 << 18, CR_PLL_ON = 1 << 24, CR_PLL_READY = 1 << 25 };
enum { PLL_SOURCE = 3, PLL_SOURCE_HSI = 0, PLL_SOURCE_HSE = 2, PLL_M = 0x3F << 4 };
enum { PLL1_FRACTION = 1, PLL1_MEDIUM = 1 << 1, PLL1_RANGE = 3 << 2, PLL1_2_TO_4_MHZ = 1 << 2, PLL1_P_ON = 1 << 16 };
enum { SWITCH = 7, SWITCH_PLL = 3, SWITCHED = 7 << 3, SWITCHED_PLL = 3 << 3 };
enum { SUPPLY = 7, SUPPLY_LDO = 2, SUPPLY_READY = 1 << 13, SCALE = 3 << 14, SCALE_1 = 3 << 14, SCALE_READY = 1 << 13 };
enum { FLASH_TIMING = 0x3F, FLASH_AT_200_MHZ = 2 | 2 << 4 }; /* 2 wait states, programming delay 2: RM0433 table 17 */
/* The buses at half the core's clock, their peripherals at a quarter. */
enum { D1 = 0xF7F, D1_DIVIDED = 8 | 4 << 4, D2 = 0x770, D2_DIVIDED = 4 << 4 | 4 << 8, D3 = 0x70, D3_DIVIDED = 4 << 4 };
enum { HSI_HZ = 64000000 };

thimble_clock_state thimble_clock;

static int start_hse(void) {
  register_change(RCC_CR, 0, BOARD_HSE_BYPASS ? CR_HSE_BYPASS : 0);
  register_change(RCC_CR, 0, CR_HSE_ON);
  return register_wait(RCC_CR, CR_HSE_READY, CR_HSE_READY);
}

/* The PLL multiplies 2 MHz by N and divides by 2. */
static int start_pll(uint32_t source, uint32_t source_hz) {
  register_change(RCC_CR, CR_PLL_ON, 0);
  if (!register_wait(RCC_CR, CR_PLL_READY, 0)) return 0;
  const uint32_t m = source_hz / 2000000u, n = BOARD_CORE_HZ / 1000000u;
  register_change(RCC_PLLCKSELR, PLL_SOURCE | PLL_M, source | m << 4);
  register_change(RCC_PLLCFGR, PLL1_FRACTION | PLL1_MEDIUM | PLL1_RANGE, PLL1_2_TO_4_MHZ | PLL1_P_ON);
  register_write(RCC_PLL1DIVR, (n - 1) | 1u << 9 | 1u << 16 | 1u << 24); /* N, and P, Q, R = 2 */
  register_change(RCC_CR, 0, CR_PLL_ON);
  return register_wait(RCC_CR, CR_PLL_READY, CR_PLL_READY);
}

/* The supply can be named once after power-on; the regulator follows only then. */
static int raise_voltage(void) {
  register_change(PWR_CR3, SUPPLY, SUPPLY_LDO);
  if (!register_wait(PWR_CSR1, SUPPLY_READY, SUPPLY_READY)) return 0;
  register_change(PWR_D3CR, SCALE, SCALE_1);
  return register_wait(PWR_D3CR, SCALE_READY, SCALE_READY);
}

static int slow_flash(void) {
  register_change(FLASH_ACR, FLASH_TIMING, FLASH_AT_200_MHZ);
  return register_wait(FLASH_ACR, FLASH_TIMING, FLASH_AT_200_MHZ);
}

static int switch_to_pll(void) {
  register_change(RCC_D1CFGR, D1, D1_DIVIDED);
  register_change(RCC_D2CFGR, D2, D2_DIVIDED);
  register_change(RCC_D3CFGR, D3, D3_DIVIDED);
  register_change(RCC_CFGR, SWITCH, SWITCH_PLL);
  if (register_wait(RCC_CFGR, SWITCHED, SWITCHED_PLL)) return 1;
  register_change(RCC_CFGR, SWITCH, 0);
  register_change(RCC_D1CFGR, D1, 0);
  register_change(RCC_D2CFGR, D2, 0);
  register_change(RCC_D3CFGR, D3, 0);
  return 0;
}

static uint32_t start_clock(void) {
  if (!raise_voltage()) return CLOCK_AT_RESET;
  uint32_t source = CLOCK_AT_RESET;
  if (start_hse() && start_pll(PLL_SOURCE_HSE, BOARD_HSE_HZ)) source = CLOCK_PLL_EXTERNAL;
  if (source == CLOCK_AT_RESET && start_pll(PLL_SOURCE_HSI, HSI_HZ)) source = CLOCK_PLL_INTERNAL;
  const int fast = source != CLOCK_AT_RESET && slow_flash() && switch_to_pll();
  return fast ? source : CLOCK_AT_RESET;
}

void thimble_board_start(void) {
  thimble_clock.source = start_clock();
  const int fast = thimble_clock.source != CLOCK_AT_RESET;
  thimble_clock.core_hz = fast ? BOARD_CORE_HZ : HSI_HZ;
  thimble_clock.uart_hz = fast ? BOARD_UART_HZ : HSI_HZ;
  thimble_caches_start();
}
