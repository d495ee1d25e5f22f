/* Start-up of a Cortex-M: the vector table, memory as C expects it, then main. No libc. */
#include <stddef.h>
#include <stdint.h>

#if __has_include("board.h") /* clocks and caches; a virtual board has none */
#include "clock.h"
#endif

extern uint32_t thimble_data_load[], thimble_data_start[], thimble_data_end[];
extern uint32_t thimble_bss_start[], thimble_bss_end[], thimble_stack_top[];

int main(void);
void Reset_Handler(void);
void thimble_start(void);
void thimble_fault(void);
void thimble_fault_report(const uint32_t *frame); /* never returns; the known-answer test has one */

typedef union thimble_vector {
  uint32_t *stack;
  void (*run)(void);
} thimble_vector;

/* The initial stack pointer, reset, and the core's exceptions. Board interrupts are the application's. */
extern const thimble_vector thimble_vectors[16];
__attribute__((section(".vectors"), used)) const thimble_vector thimble_vectors[16] = {
    {.stack = thimble_stack_top}, {.run = Reset_Handler}, {.run = thimble_fault}, {.run = thimble_fault},
    {.run = thimble_fault},       {.run = thimble_fault}, {.run = thimble_fault}, {.run = thimble_fault},
    {.run = NULL},                {.run = NULL},          {.run = NULL},          {.run = thimble_fault},
    {.run = thimble_fault},       {.run = NULL},          {.run = thimble_fault}, {.run = thimble_fault},
};

/* Its first instructions may be those of no compiler: the registers of a floating-point unit that is off are a fault, and
 * compilers use them even for integers. CPACR gives access to coprocessors 10 and 11, the floating-point and vector unit.
 */
__attribute__((naked)) void Reset_Handler(void) {
#if defined(__ARM_FP)
  __asm volatile(
      "movw r0, #0xED88\n\t"
      "movt r0, #0xE000\n\t"
      "ldr r1, [r0]\n\t"
      "orr r1, r1, #0xF00000\n\t"
      "str r1, [r0]\n\t"
      "dsb\n\t"
      "isb");
#endif
  __asm volatile("bl thimble_start");
}

void thimble_start(void) {
  const uint32_t *from = thimble_data_load;
  for (volatile uint32_t *to = thimble_data_start; to < thimble_data_end; ++to) *to = *from++;
  for (volatile uint32_t *to = thimble_bss_start; to < thimble_bss_end; ++to) *to = 0;
#if __has_include("board.h")
  thimble_board_start();
#endif
  (void)main();
  for (;;) {
  }
}

/* Every exception that nobody handles ends here. It may come from a stack that ran over: the report starts a new one. */
__attribute__((naked)) void thimble_fault(void) {
  __asm volatile(
      "mrs r0, msp\n\t"
      "ldr r1, =thimble_stack_top\n\t"
      "mov sp, r1\n\t"
      "bl thimble_fault_report");
}
