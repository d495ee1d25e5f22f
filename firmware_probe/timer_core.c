/* DWT_CYCCNT (ARMv7-M manual C1.8); SysTick (B3.3) on cores, and under emulators, where that one does not count.
 * SysTick runs in any case, and ends what takes too long: each of its rounds costs a region some 40 of 2^24 cycles. */
#include "clock.h"
#include "marker.h"
#include "timer.h"
#include "watchdog.h"

#define REGISTER(address) (*(volatile uint32_t*)(address))
#define DEMCR REGISTER(0xE000EDFCu)
#define DWT_CTRL REGISTER(0xE0001000u)
#define DWT_CYCCNT REGISTER(0xE0001004u)
#define DWT_LAR REGISTER(0xE0001FB0u)
#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
enum { TRACE_ENABLE = 1 << 24, COUNTER_ENABLE = 1, LOCK_KEY = (int)0xC5ACCE55u };
enum { SYST_ENABLE = 1, SYST_INTERRUPT = 2, SYST_CORE_CLOCK = 4, SYST_LAST = 0xFFFFFF };

static enum probe_timer timer;
static uint32_t begun, overhead;
static volatile uint32_t rounds; /* of SysTick's 24 bits */
static uint32_t limit;           /* in rounds; 0: none */
static volatile uint32_t most_rounds;

void timer_limit(uint32_t cycles) { limit = cycles == 0 ? 0 : cycles / (SYST_LAST + 1u) + 1; }

int timer_tick(void) {
  watchdog_feed();
  ++rounds;
  return most_rounds != 0 && rounds >= most_rounds;
}

static void start_systick(uint32_t last, uint32_t most) {
  rounds = 0;
  most_rounds = most;
  SYST_RVR = last;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE | SYST_INTERRUPT | SYST_CORE_CLOCK;
}

void timer_idle(void) {
  start_systick(thimble_clock.core_hz / 1000u, 0);
  __asm volatile("wfi" ::: "memory");
  SYST_CSR = SYST_CORE_CLOCK;
}

static int dwt_counts(void) {
  DEMCR |= TRACE_ENABLE;
  DWT_LAR = (uint32_t)LOCK_KEY; /* a Cortex-M7 has a lock */
  DWT_CYCCNT = 0;
  DWT_CTRL |= COUNTER_ENABLE;
  const uint32_t before = DWT_CYCCNT;
  for (volatile int i = 0; i < 16; ++i) {
  }
  return DWT_CYCCNT != before;
}

static void measure_overhead(void) {
  overhead = 0;
  timer_start();
  overhead = timer_stop();
}

enum probe_timer timer_kind(void) { return timer; }

void timer_open(void) {
  watchdog_open();
  marker_open();
  timer = dwt_counts() ? PROBE_TIMER_DWT : PROBE_TIMER_SYSTICK;
  measure_overhead();
}

void timer_guard(void) {
  watchdog_feed();
  start_systick(SYST_LAST, limit);
}

void timer_start(void) {
  watchdog_feed();
  marker_set(1);
  start_systick(SYST_LAST, limit);
  if (timer == PROBE_TIMER_DWT) begun = DWT_CYCCNT;
}

uint32_t timer_stop(void) {
  uint32_t cycles;
  if (timer == PROBE_TIMER_DWT) {
    cycles = DWT_CYCCNT - begun;
    SYST_CSR = SYST_CORE_CLOCK;
  } else {
    const uint32_t left = SYST_CVR;
    SYST_CSR = SYST_CORE_CLOCK; /* it counts no further, and a round that has just ended is no longer missed */
    cycles = rounds * (SYST_LAST + 1u) + (left == 0 ? 0 : SYST_LAST + 1u - left);
  }
  most_rounds = 0;
  marker_set(0);
  return cycles > overhead ? cycles - overhead : 0;
}
