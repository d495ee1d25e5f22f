#include "stack.h"

extern uint32_t thimble_stack_limit[], thimble_stack_top[];

static const uint32_t paint = 0x5afe5afeu;

__attribute__((noinline)) uintptr_t stack_paint(void) {
  volatile uint32_t* const here = __builtin_frame_address(0);
  volatile uint32_t* const end = here - 8; /* this function's own frame */
  for (volatile uint32_t* word = thimble_stack_limit; word < end; ++word) *word = paint;
  return (uintptr_t)here;
}

uint32_t stack_used(uintptr_t top) {
  const volatile uint32_t* word = thimble_stack_limit;
  while ((uintptr_t)word < top && *word == paint) ++word;
  return (uint32_t)(top - (uintptr_t)word);
}

int stack_overflowed(void) {
  const volatile uint32_t* word = thimble_stack_limit;
  for (int i = 0; i < 16; ++i)
    if (word[i] != paint) return 1;
  return 0;
}

uint32_t stack_capacity(void) { return (uint32_t)((uintptr_t)thimble_stack_top - (uintptr_t)thimble_stack_limit); }
