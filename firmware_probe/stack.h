/* Stack use by painting: the free stack is filled with a word, and the lowest word that changed shows how deep it went.
 */
#ifndef THIMBLE_PROBE_STACK_H
#define THIMBLE_PROBE_STACK_H

#include <stdint.h>

/* Fills the stack below the caller; returns where the fill ends. */
uintptr_t stack_paint(void);
/* Bytes used below `top` since it was painted. */
uint32_t stack_used(uintptr_t top);
/* The last words of the stack were written to: it overflowed, or was about to. */
int stack_overflowed(void);
/* Bytes of stack there are. */
uint32_t stack_capacity(void);

#endif
