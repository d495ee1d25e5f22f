/* The report of a board: text to its UART (115200 baud, 8N1), the same facts in `thimble_report` for a debugger that reads
 * the memory, and text over semihosting where a debugger is attached (without one its breakpoint would be a fault). Nothing
 * here waits without an end. */
#include "board.h"
#include "clock.h"
#include "report.h"
#include "semihosting.h"
#include "stm32.h"

enum { STATE_RUNNING = 1, STATE_PASSED, STATE_FAILED, STATE_FAULT };

/* Words only: "mdw" of OpenOCD shows them in this order. */
typedef struct thimble_report_words {
  uint32_t magic; /* "THMB" once the test has begun */
  uint32_t state;
  uint32_t cases, failures;
  uint32_t cycles_least, cycles_most; /* of one inference, by DWT_CYCCNT */
  uint32_t clock_hz, clock_source;    /* clock.h */
  uint32_t exception, cfsr, hfsr, address, pc, lr;
} thimble_report_words;

extern volatile thimble_report_words thimble_report;
volatile thimble_report_words thimble_report;

enum { REPORT_MAGIC = 0x424D4854, BAUD = 115200 };

/* Reference manuals, chapters USART and GPIO. The older USART has a status and one data register. */
#if BOARD_UART_HAS_SR
enum { UART_STATUS = BOARD_UART, UART_DATA = BOARD_UART + 4, UART_BAUD = BOARD_UART + 8, UART_CONTROL = BOARD_UART + 12 };
enum { UART_ON = 1 << 13 | 1 << 3 };
#else
enum { UART_STATUS = BOARD_UART + 0x1C, UART_DATA = BOARD_UART + 0x28, UART_BAUD = BOARD_UART + 12, UART_CONTROL = BOARD_UART };
enum { UART_ON = 1 << 3 | 1 << 0 };
#endif
enum { UART_EMPTY = 1 << 7, UART_SENT = 1 << 6 };
enum { PORT_MODE = BOARD_PORT, PORT_FUNCTION = BOARD_PORT + 0x20 + BOARD_TX_PIN / 8 * 4 };

static void uart_open(void) {
  register_change(BOARD_PORT_CLOCK, 0, 1u << BOARD_PORT_CLOCK_BIT);
  register_change(BOARD_UART_CLOCK, 0, 1u << BOARD_UART_CLOCK_BIT);
  (void)register_read(BOARD_UART_CLOCK); /* the clock is there two cycles after it was enabled */
  register_change(PORT_FUNCTION, 15u << BOARD_TX_PIN % 8 * 4, BOARD_TX_FUNCTION << BOARD_TX_PIN % 8 * 4);
  register_change(PORT_MODE, 3u << BOARD_TX_PIN * 2, 2u << BOARD_TX_PIN * 2);
  const uint32_t hz = thimble_clock.uart_hz / BAUD * BOARD_UART_SCALE;
  const uint32_t rest = thimble_clock.uart_hz % BAUD * BOARD_UART_SCALE;
  register_write(UART_BAUD, hz + (rest + BAUD / 2) / BAUD);
  register_write(UART_CONTROL, UART_ON);
}

static void uart_write(const char *text) {
  for (; *text != 0; ++text) {
    if (!register_wait(UART_STATUS, UART_EMPTY, UART_EMPTY)) return;
    register_write(UART_DATA, (uint8_t)*text);
  }
}

/* DHCSR.C_DEBUGEN */
static int debugger_is_there(void) { return (register_read(0xE000EDF0u) & 1u) != 0; }

/* DEMCR, the lock of a Cortex-M7's DWT, and DWT_CTRL. */
static void start_cycle_counter(void) {
  register_change(0xE000EDFCu, 0, 1u << 24);
  register_write(0xE0001FB0u, 0xC5ACCE55u);
  register_change(0xE0001000u, 0, 1u);
}

void report_begin(void) {
  thimble_report.magic = REPORT_MAGIC;
  thimble_report.state = STATE_RUNNING;
  thimble_report.cycles_least = 0xFFFFFFFFu;
  thimble_report.clock_hz = thimble_clock.core_hz;
  thimble_report.clock_source = thimble_clock.source;
  uart_open();
  start_cycle_counter();
}

void report_text(const char *text) {
  uart_write(text);
  if (debugger_is_there()) semihosting_print(text);
}

void report_number(uint32_t value) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do {
    *--at = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  report_text(at);
}

void report_cycles(uint32_t cycles) {
  if (cycles < thimble_report.cycles_least) thimble_report.cycles_least = cycles;
  if (cycles > thimble_report.cycles_most) thimble_report.cycles_most = cycles;
}

static void report_timing(void) {
  if (thimble_report.cycles_most != 0) {
    report_text("cycles ");
    report_number(thimble_report.cycles_least);
    report_text(" to ");
    report_number(thimble_report.cycles_most);
    report_text("\n");
  }
  report_text("clock ");
  report_number(thimble_report.clock_hz);
  report_text(thimble_report.clock_source == CLOCK_PLL_EXTERNAL   ? " Hz from outside\n"
              : thimble_report.clock_source == CLOCK_PLL_INTERNAL ? " Hz from the internal oscillator\n"
                                                                  : " Hz, for the PLL did not start\n");
}

/* A debug probe reads the memory, past the data cache: what is in there goes out (CCR, DCCMVAC: ARMv7-M manual, sections
 * B3.2.8 and B2.2.7). */
static void clean_report(void) {
  if (!(register_read(0xE000ED14u) & 1u << 16)) return;
  const uint32_t first = (uint32_t)(uintptr_t)&thimble_report & ~31u;
  const uint32_t end = (uint32_t)(uintptr_t)(&thimble_report + 1);
  __asm volatile("dsb" ::: "memory");
  for (uint32_t line = first; line < end; line += 32) register_write(0xE000EF68u, line);
  __asm volatile("dsb" ::: "memory");
}

static void stop(uint32_t state) {
  thimble_report.state = state;
  clean_report();
  (void)register_wait(UART_STATUS, UART_SENT, UART_SENT);
  if (debugger_is_there()) semihosting_exit(state != STATE_PASSED);
  for (;;) {
  }
}

void report_end(uint32_t cases, uint32_t failures) {
  thimble_report.cases = cases;
  thimble_report.failures = failures;
  report_timing();
  stop(cases != 0 && failures == 0 ? STATE_PASSED : STATE_FAILED);
}

static void report_word(const char *name, uint32_t value) {
  report_text(name);
  report_number(value);
}

/* System control block: ICSR, CFSR, HFSR, MMFAR, BFAR (ARMv7-M manual, section B3.2.2). */
void thimble_fault_report(const uint32_t *frame) {
  if (thimble_report.magic != REPORT_MAGIC) report_begin(); /* before the test began */
  const uint32_t cfsr = register_read(0xE000ED28u);
  const int frame_lost = (cfsr & 0x1010u) != 0; /* the push itself failed */
  thimble_report.exception = register_read(0xE000ED04u) & 0x1FFu;
  thimble_report.cfsr = cfsr;
  thimble_report.hfsr = register_read(0xE000ED2Cu);
  thimble_report.address = register_read(cfsr & 0x8000u ? 0xE000ED38u : 0xE000ED34u);
  thimble_report.pc = frame_lost ? 0 : frame[6];
  thimble_report.lr = frame_lost ? 0 : frame[5];
  report_word("FAULT exception ", thimble_report.exception);
  report_word(" cfsr ", cfsr);
  report_word(" hfsr ", thimble_report.hfsr);
  report_word(" address ", thimble_report.address);
  report_word(" pc ", thimble_report.pc);
  report_text("\n");
  stop(STATE_FAULT);
}
