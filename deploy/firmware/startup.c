/* Start-up of a Cortex-M: the vector table, memory as C expects it, then main. No libc. */
#include <stddef.h>
#include <stdint.h>

extern uint32_t thimble_data_load[], thimble_data_start[], thimble_data_end[];
extern uint32_t thimble_bss_start[], thimble_bss_end[], thimble_stack_top[];

int main(void);
void Reset_Handler(void);
void thimble_start(void);
void thimble_fault(void); /* reports and never returns; semihosting.c has one */

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
  __asm volatile("b thimble_start");
}

void thimble_start(void) {
  const uint32_t *from = thimble_data_load;
  for (volatile uint32_t *to = thimble_data_start; to < thimble_data_end; ++to) *to = *from++;
  for (volatile uint32_t *to = thimble_bss_start; to < thimble_bss_end; ++to) *to = 0;
  (void)main();
  for (;;) {
  }
}
