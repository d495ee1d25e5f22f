/* What the known-answer test says, and to whom: report_virtual.c to the emulator, report_board.c to a UART and a debugger. */
#ifndef THIMBLE_REPORT_H
#define THIMBLE_REPORT_H

#include <stdint.h>

void report_begin(void);
void report_text(const char *text);
void report_number(uint32_t value);
/* One inference took so many cycles; 0 where nobody counts them. */
void report_cycles(uint32_t cycles);
/* The test has ended; does not return. */
void report_end(uint32_t cases, uint32_t failures);

/* Called by thimble_fault (startup.c) with what the core pushed: r0-r3, r12, lr, pc, xpsr. Does not return. */
void thimble_fault_report(const uint32_t *frame);

/* DWT_CYCCNT; an emulator's stands still. */
static inline uint32_t report_cycle_counter(void) { return *(volatile uint32_t *)0xE0001004u; }

#endif
