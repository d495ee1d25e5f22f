/* Start-up and faults of a Cortex-M: the vector table, memory as C expects it, then main. No libc. */
#include "frame.h"
#include "timer.h"
#include "transport.h"
#if __has_include("board.h") /* clocks, flash wait states and caches; a virtual board has none */
#include "clock.h"
#endif

extern uint32_t thimble_data_load[], thimble_data_start[], thimble_data_end[];
extern uint32_t thimble_bss_start[], thimble_bss_end[], thimble_stack_top[];

int main(void);
void Reset_Handler(void);
void start(void);
void fault_handler(void);
void tick_handler(void);
void report_fault(const uint32_t* frame);

/* Faults may come from a broken stack: the report has one of its own. */
uint32_t thimble_fault_stack[256];

__attribute__((section(".vectors"), used)) static const struct {
  uint32_t* stack;
  void (*run[15])(void);
} vectors = {thimble_stack_top,
             {Reset_Handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
              0, 0, 0, fault_handler, fault_handler, 0, fault_handler, tick_handler}};

static volatile uint32_t* const system_control = (volatile uint32_t*)0xE000ED00u; /* SCB, ARMv7-M manual B3.2.2 */
enum { SCB_ICSR = 1, SCB_AIRCR = 3, SCB_CFSR = 10, SCB_HFSR = 11, SCB_MMFAR = 13, SCB_BFAR = 14 };

/* Its first instructions are no compiler's: those use the registers of the floating-point unit even for integers, and
 * it is off. CPACR gives access to coprocessors 10 and 11, the floating-point and vector unit. */
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
  __asm volatile("bl start");
}

__attribute__((used)) void start(void) {
  const uint32_t* from = thimble_data_load;
  for (volatile uint32_t* to = thimble_data_start; to < thimble_data_end; ++to) *to = *from++;
  for (volatile uint32_t* to = thimble_bss_start; to < thimble_bss_end; ++to) *to = 0;
#if __has_include("board.h")
  thimble_board_start();
#endif
  (void)main();
  for (;;) {
  }
}

__attribute__((naked)) void fault_handler(void) {
  __asm volatile(
      "mov r0, sp\n\t"
      "ldr r1, =thimble_fault_stack + 1024\n\t"
      "mov sp, r1\n\t"
      "b report_fault\n\t");
}

/* What takes too long is reported where it stands, as a fault is. */
__attribute__((naked)) void tick_handler(void) {
  __asm volatile(
      "mov r0, sp\n\t"
      "push {r0, lr}\n\t"
      "bl timer_tick\n\t"
      "pop {r1, lr}\n\t"
      "cbnz r0, 1f\n\t"
      "bx lr\n"
      "1:\n\t"
      "mov r0, r1\n\t"
      "ldr r1, =thimble_fault_stack + 1024\n\t"
      "mov sp, r1\n\t"
      "b report_fault\n\t");
}

/* `frame`: r0-r3, r12, lr, pc, xpsr, as the core pushed them. */
__attribute__((used)) void report_fault(const uint32_t* frame) {
  const uint32_t status = system_control[SCB_CFSR];
  const uint32_t bus_address_valid = status & 0x8000u;
  const int frame_lost = (status & 0x1010u) != 0; /* the push itself failed: the stack is not to be read */
  uint32_t words[PROBE_FAULT_WORDS];
  words[PROBE_FAULT_EXCEPTION] = system_control[SCB_ICSR] & 0x1ffu;
  words[PROBE_FAULT_CFSR] = status;
  words[PROBE_FAULT_HFSR] = system_control[SCB_HFSR];
  words[PROBE_FAULT_ADDRESS] = system_control[bus_address_valid ? SCB_BFAR : SCB_MMFAR];
  words[PROBE_FAULT_PC] = frame_lost ? 0 : frame[6];
  words[PROBE_FAULT_LR] = frame_lost ? 0 : frame[5];
  frame_send(PROBE_FAULT, probe_current_sequence, words, PROBE_FAULT_WORDS);
  transport_drain();
  system_control[SCB_AIRCR] = 0x05fa0004u; /* restart */
  for (;;) {
  }
}
