/* The report of a virtual board: words and an exit code over semihosting. */
#include "report.h"
#include "semihosting.h"

void report_begin(void) {}
void report_text(const char *text) { semihosting_print(text); }
void report_number(uint32_t value) { semihosting_print_number(value); }
void report_cycles(uint32_t cycles) { (void)cycles; }

void report_end(uint32_t cases, uint32_t failures) { semihosting_exit(cases == 0 || failures != 0); }

void thimble_fault_report(const uint32_t *frame) {
  (void)frame;
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  semihosting_print("FAULT exception ");
  semihosting_print_number(exception);
  semihosting_print(" cfsr ");
  semihosting_print_number(*(volatile uint32_t *)0xE000ED28u);
  semihosting_print("\n");
  semihosting_exit(1);
}
