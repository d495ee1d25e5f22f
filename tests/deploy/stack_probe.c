/* Stands in for the known-answer test: prints how many bytes of stack one inference uses, found by painting. */
#include "model_api.h"
#include "semihosting.h"

extern uint32_t thimble_stack_top[];

int main(void);

int main(void) {
  uint32_t *const bottom = (uint32_t *)0x20000000;
  uint32_t *at;
  __asm__ volatile("mov %0, sp" : "=r"(at));
  for (volatile uint32_t *paint = bottom; paint < at - 16; ++paint) *paint = 0xa5a5a5a5u;
  if (model_init() != 0) semihosting_exit(1);
  model_invoke();
  for (at = bottom; *at == 0xa5a5a5a5u; ++at) {
  }
  semihosting_print_number((uint32_t)((uintptr_t)thimble_stack_top - (uintptr_t)at));
  semihosting_exit(0);
  return 0;
}
